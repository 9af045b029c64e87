"""``geomgen posterior`` from its options to its tables."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.errors import UsageError
from geomgen.experiments.posterior import posterior, work
from geomgen.measures import slice_chains

SMALL = PosteriorConfig(inputs=3, hidden="8", train_size=4, networks=200, sigma_b=0.3, threads=1)


def test_a_run_holds_its_tables(tmp_path: Path) -> None:
    run = posterior(SMALL, tmp_path)
    table, summary = run.table("function_posterior"), run.table("posterior_summary").iloc[0]
    assert run.tables == ["function_posterior", "posterior_errors", "posterior_summary"]
    assert summary["num_fitted"] + summary["num_unfitted"] == 200
    assert table["p_sgd"].sum() == pytest.approx(1)
    assert summary["error_sgd"] == pytest.approx((table["p_sgd"] * table["test_error"]).sum())
    again = posterior(SMALL, tmp_path / "again").table("function_posterior")
    pd.testing.assert_frame_equal(table.drop(columns="run_id"), again.drop(columns="run_id"))
    assert posterior(SMALL, tmp_path, reuse=True).id == run.id


def test_more_is_recorded_if_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slice_chains, "STEPS_PER_DRAW", (1,))
    run = posterior(replace(SMALL, networks=60, infinite_width=True, optimal_points=4), tmp_path)
    assert run.table("posterior_limit")["process"].tolist() == ["own-width", "infinite-width"]
    points = run.table("optimal_set_points")
    assert points.groupby("law").size().to_dict() == {"trained": 4, "drawn": 4}


def test_images_have_a_posterior_too(tmp_path: Path) -> None:
    config = PosteriorConfig(task="mnist", images=12, pool=14, hidden="8", train_size=6, networks=50, threads=1)
    run = posterior(config, tmp_path)
    assert run.table("posterior_errors")["count_sgd"].sum() == run.table("posterior_summary")["num_fitted"].iloc[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"inputs": 14, "networks": 10**8}, "--networks 100,000,000 with 16,384 inputs needs about"),
        ({"hidden": "none", "target": "parity", "inputs": 3, "train_size": 7, "max_epochs": 20, "networks": 20},
         "None of 20 networks with --hidden none fits the 7 known values of --target parity within 20 epochs"),
        ({"device": "cuda"}, "--device cuda does not apply to posterior"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_says_so(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        posterior(PosteriorConfig(**options), tmp_path)  # type: ignore[arg-type]


def test_the_work_grows_with_networks() -> None:
    few, many = (work(replace(SMALL, sampler="orthant", networks=networks)) for networks in (200, 400))
    assert many.flops == pytest.approx(2 * (few.flops or 0))
    orthants = [work(replace(SMALL, sampler="orthant", networks=1, samples=samples)) for samples in (5000, 10_000)]
    assert orthants[1].seconds(1) == pytest.approx(2 * (orthants[0].seconds(1) or 0), rel=0.01)
    pointed = work(replace(SMALL, optimal_points=100))
    assert pointed.memory > few.memory
    assert (pointed.flops or 0) > (few.flops or 0)
    assert work(replace(SMALL, inputs=12, infinite_width=True)).memory > work(replace(SMALL, inputs=12)).memory + 2**27
