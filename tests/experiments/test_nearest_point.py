"""``geomgen nearest-point`` from its options to its tables."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import UsageError
from geomgen.experiments.nearest_point import nearest_point, work

SMALL = NearestPointConfig(inputs=3, train_size=3, width=4, networks=20, searches=2, draws=4, threads=1)
TABLES = ["nearest_point_summary", "nearest_points", "surface_laws"]


def test_a_run_holds_its_tables_and_the_same_ones_again(tmp_path: Path) -> None:
    run, again = (nearest_point(SMALL, tmp_path / name) for name in ("one", "two"))
    assert run.tables == TABLES
    for table in TABLES:
        first, second = (one.table(table).drop(columns="run_id") for one in (run, again))
        pd.testing.assert_frame_equal(first, second)
    assert nearest_point(SMALL, tmp_path / "one", reuse=True).id == run.id


def test_the_product_is_exact(tmp_path: Path) -> None:
    run = nearest_point(NearestPointConfig(problem="product", threads=1), tmp_path)
    (row,) = run.table("nearest_points").to_dict("records")
    assert row["distance_trained"] == pytest.approx(2.8708, abs=1e-3)
    assert row["distance_nearest"] == pytest.approx(2.6252, abs=1e-3)
    assert run.table("nearest_point_summary")["distance_ratio"].item() == pytest.approx(2.8708 / 2.6252, abs=1e-3)
    assert "surface_laws" not in run.tables


def test_without_draws_there_are_no_laws(tmp_path: Path) -> None:
    run = nearest_point(replace(SMALL, draws=0, depth=2), tmp_path)
    assert run.tables == TABLES[:2]
    assert run.table("nearest_point_summary")["num_converged"].item() >= 10
    assert 0 < (work(replace(SMALL, draws=0)).flops or 0) < (work(SMALL).flops or 0)


def test_chains_may_step_far_off_the_surface(tmp_path: Path) -> None:
    """Where Newton's iteration ends in numbers too large for a decomposition."""
    run = nearest_point(replace(SMALL, inputs=5, train_size=8, width=8, activation="square"), tmp_path)
    assert run.table("surface_laws")["acceptance"].dropna().between(0, 1).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 3}, "--draws 3 are too few to say whether chains have mixed. Give at least 4, or 0 for no chains"),
        ({"width": 1, "inputs": 3, "train_size": 8, "sigma_b": 0.0}, "4 parameters fit --train-size 8"),
        ({"inputs": 3, "train_size": 8, "width": 4, "target": "parity", "networks": 20, "activation": "identity"},
         "could be trained to fit exactly"),
        ({"width": 10_000, "depth": 20, "networks": 100_000}, "GiB of memory"),
        ({"device": "cuda"}, "--device cuda does not apply to nearest-point"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        nearest_point(NearestPointConfig(threads=1, **options), tmp_path)  # type: ignore[arg-type]


def test_the_work_of_a_product_is_nothing() -> None:
    assert work(NearestPointConfig(problem="product")).flops is None
    assert work(NearestPointConfig(width=32)).memory > work(NearestPointConfig(width=16)).memory
