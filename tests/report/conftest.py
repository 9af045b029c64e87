"""Runs that reports are made from: made-up ones, and real ones of small regression problems."""

from pathlib import Path

import pytest

from geomgen.config.regress import (
    EpochsConfig,
    LinearConfig,
    OptimalSetConfig,
    PolynomialConfig,
    RffConfig,
    RidgelessConfig,
)
from geomgen.experiments.regress import regress
from geomgen.report.width_logdet import CELLS, published_table
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker

COUNTS = (5, 20, 28, 30, 33, 100, 400)


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


@pytest.fixture
def volume_runs(make_run: RunMaker) -> list[Run]:
    """Two seeds of two published widths, a little off."""
    rows = published_table().set_index("hidden").loc[[128, 256]].iterrows()
    return [
        make_run(
            {key: row[name] * (1.02 + 0.01 * seed) for name, key in CELLS.items()}, width=int(str(width)), seed=seed
        )
        for width, row in rows
        for seed in range(2)
    ]


@pytest.fixture(scope="session")
def regressions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs of every regression problem, each small."""
    folder = tmp_path_factory.mktemp("runs")
    synthetic = {"data": "synthetic", "samples": 30, "test_samples": 50, "features": COUNTS, "threads": 1}
    for config in (
        EpochsConfig(samples=8, features_per_scale=2, steps=(0, 1, 4), repetitions=20, threads=1),
        LinearConfig(samples=5, terms=3, repetitions=40, threads=1),
        PolynomialConfig(degrees=tuple(range(8)), samples=6, repetitions=20, threads=1),
        RidgelessConfig(samples=5, features=(2, 5, 9), design=("isotropic", "misspecified"), repetitions=20, threads=1),
        OptimalSetConfig(samples=5, features=(2, 5, 9), repetitions=20, threads=1),
        *(RffConfig(seed=seed, **synthetic) for seed in (0, 1)),  # type: ignore[arg-type]
        RffConfig(ridge=(0.0, 0.1), noise_variance=0.1, **synthetic),  # type: ignore[arg-type]
    ):
        regress(config, folder)
    return folder
