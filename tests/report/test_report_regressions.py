"""Reports on regression problems, made from real runs of small problems."""

from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.regress import LinearConfig, OptimalSetConfig, PolynomialConfig, RffConfig, RidgelessConfig
from geomgen.errors import NoDataError
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.formats import render
from geomgen.report.posterior_regression import with_z
from geomgen.report.reports import REPORTS
from geomgen.store.catalog import runs
from tests.report.made_up_runs import RunMaker

NAMES = ("posterior-regression", "bias-variance", "double-descent", "optimal-set")
COUNTS = (5, 20, 28, 30, 33, 100, 400)


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    synthetic = {"data": "synthetic", "samples": 30, "test_samples": 50, "features": COUNTS, "threads": 1}
    for config in (
        LinearConfig(samples=5, terms=3, repetitions=40, threads=1),
        PolynomialConfig(degrees=tuple(range(8)), samples=6, repetitions=20, threads=1),
        RidgelessConfig(samples=5, features=(2, 5, 9), design=("isotropic", "misspecified"), repetitions=20, threads=1),
        OptimalSetConfig(samples=5, features=(2, 5, 9), repetitions=20, threads=1),
        *(RffConfig(seed=seed, **synthetic) for seed in (0, 1)),  # type: ignore[arg-type]
        RffConfig(ridge=(0.0, 0.1), noise_variance=0.1, **synthetic),  # type: ignore[arg-type]
    ):
        regress(config, folder)
    return folder


def made(name: str, runs_dir: Path) -> MadeReport:
    return REPORTS[name].build(RunTables(runs(runs_dir)))


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_rendered_and_every_figure_drawn(name: str, runs_dir: Path) -> None:
    report = made(name, runs_dir)
    for table in report.tables:
        assert render(table, "table", width=120).startswith(table.title)
        assert len(render(table, "csv").splitlines()) == len(table.frame) + 1
    for figure in report.figures:
        assert all(ax.lines and ax.get_xlabel() and ax.get_ylabel() for ax in figure.draw().axes)


@pytest.mark.parametrize("name", NAMES)
def test_without_runs_it_says_how_to_make_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="geomgen regress"):
        REPORTS[name].build(RunTables([RunMaker(tmp_path)(epochs_done=1)]))


def test_z_is_in_standard_errors_of_draws_from_the_posterior() -> None:
    row = {"posterior_mean": 1.0, "posterior_variance": 0.04, "repetitions": 101}
    rows = pd.DataFrame([
        {"model": "ordinary", "slope_mean": 2.0, "slope_variance": 0.0, **row},
        {"model": "slight", "slope_mean": 1.0 + 0.2 / 101**0.5, "slope_variance": 0.04 * (1 + 0.02**0.5), **row},
    ])
    found = with_z(rows)
    assert found["mean_z"].isna().tolist() == found["variance_z"].isna().tolist() == [True, False]
    assert found["mean_z"][1] == pytest.approx(1.0)
    assert found["variance_z"][1] == pytest.approx(1.0)


def test_seeds_are_averaged_and_problems_kept_apart(runs_dir: Path) -> None:
    report = made("double-descent", runs_dir)
    frame = report.table("double-descent-features").frame
    assert frame.groupby(["problem", "ridge"])["seeds"].first().to_dict() == {
        ("noise variance 0", 0.0): 2,
        ("noise variance 0.1", 0.0): 1,
        ("noise variance 0.1", 0.1): 1,
    }
    peaks = report.table("double-descent-features-peaks").frame
    ridgeless = peaks[peaks["ridge"] == 0]
    assert ridgeless["peak_at_samples"].all()
    assert len(ridgeless) == 3


def test_a_run_made_again_counts_once(tmp_path: Path) -> None:
    config = OptimalSetConfig(samples=5, features=(9,), repetitions=5, threads=1)
    for _ in range(2):
        regress(config, tmp_path)
    regress(OptimalSetConfig(samples=5, features=(9, 12), repetitions=5, threads=1), tmp_path)
    frame = made("optimal-set", tmp_path).main.frame
    assert frame["features"].tolist() == [9, 12]


def test_the_threshold_is_drawn_where_parameters_are_points(runs_dir: Path) -> None:
    (figure,) = made("bias-variance", runs_dir).figures
    assert figure.numbers["samples"].unique().tolist() == [6]
    axes = figure.draw().axes
    assert [ax.get_title() for ax in axes] == ["legendre basis, below the threshold", "legendre basis", "raw basis"]
    assert 5 in [line.get_xdata()[0] for line in axes[1].lines]  # type: ignore[index]


def test_curves_of_several_sample_sizes_are_named_by_them_once(tmp_path: Path) -> None:
    for samples in (100, 20):
        options = {"data": "synthetic", "samples": samples, "test_samples": 50, "features": (5, 30, 200)}
        regress(RffConfig(**options, threads=1), tmp_path)  # type: ignore[arg-type]
    (figure,) = made("double-descent", tmp_path).figures
    (legend,) = figure.draw().legends
    assert [words.get_text() for words in legend.get_texts()] == ["20 samples", "100 samples"]
