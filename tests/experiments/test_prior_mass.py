"""``geomgen prior-mass`` from its options to its table."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.prior_mass import PriorMassConfig
from geomgen.errors import UsageError
from geomgen.experiments.prior_mass import prior_mass, work

SMALL = PriorMassConfig(
    inputs=3, hidden="6", train_size=3, draws=2000, kernels=10, particles=20, most_moves=20, threads=1
)


def test_a_run_holds_its_table(tmp_path: Path) -> None:
    run = prior_mass(SMALL, tmp_path)
    table = run.table("prior_mass")
    assert table["route"].tolist() == ["sampling", "rao-blackwell", "infinite-width", "splitting"]
    again = prior_mass(SMALL, tmp_path / "again").table("prior_mass")
    pd.testing.assert_frame_equal(table.drop(columns="run_id"), again.drop(columns="run_id"))
    assert prior_mass(SMALL, tmp_path, reuse=True).id == run.id


def test_images_have_a_prior_mass_too(tmp_path: Path) -> None:
    config = PriorMassConfig(
        task="mnist", images=12, pool=14, hidden="30", train_size=4, sigma_b=0.5, draws=2000, kernels=10,
        route=("sampling", "rao-blackwell"), threads=1,
    )  # fmt: skip
    assert prior_mass(config, tmp_path).table("prior_mass")["log_mass_nats"].notna().all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"hidden": "100000,100000"}, "--hidden 100000,100000 with 64 known values needs about"),
        ({"device": "cuda"}, "--device cuda does not apply to prior-mass"),
        ({"inputs": 1, "target": "random", "train_size": 2, "seed": 0}, "No network fits: --target random is 1"),
    ],
)
def test_what_cannot_be_done_says_so(tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        prior_mass(PriorMassConfig(**options), tmp_path)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_the_work_grows_with_draws() -> None:
    few = work(PriorMassConfig(draws=1000, route=("sampling",)))
    many = work(PriorMassConfig(draws=2000, route=("sampling",)))
    assert many.flops == pytest.approx(2 * (few.flops or 0))
    few, many = (work(PriorMassConfig(train_size=known, most_moves=20, route=("splitting",))) for known in (8, 16))
    assert many.calls == pytest.approx(2 * few.calls, rel=0.1)
