"""Random features: which runs share a mean, where the error peaks, and how curves are named."""

from pathlib import Path
from typing import Any

from geomgen.config.regress import RffConfig
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.double_descent_features import SOURCE, part
from geomgen.store.catalog import runs

TINY: dict[str, Any] = {"data": "synthetic", "samples": 20, "test_samples": 50, "features": (5, 30, 200), "threads": 1}


def _made(folder: Path) -> MadeReport:
    return part(RunTables(runs(folder)).collect(SOURCE.table, SOURCE.remedy).latest)


def _legend(made: MadeReport) -> list[str]:
    (legend,) = made.figures[0].draw().legends
    return [words.get_text() for words in legend.get_texts()]


def test_seeds_are_averaged_and_problems_kept_apart(regressions: Path) -> None:
    found = _made(regressions)
    frame = found.table("double-descent-features").frame
    assert frame.groupby(["noise_variance", "ridge"])["seeds"].first().to_dict() == {
        (0.0, 0.0): 2,
        (0.1, 0.0): 1,
        (0.1, 0.1): 1,
    }
    peaks = found.table("double-descent-features-peaks").frame
    ridgeless = peaks[peaks["ridge"] == 0]
    assert ridgeless["peak_at_samples"].all()
    assert len(ridgeless) == 3


def test_curves_of_several_sample_sizes_are_named_by_them_once(tmp_path: Path) -> None:
    for samples in (100, 20):
        regress(RffConfig(**TINY | {"samples": samples}), tmp_path)
    assert _legend(_made(tmp_path)) == ["as many features as samples", "samples 20", "samples 100"]


def test_runs_that_differ_in_any_option_share_no_curve(tmp_path: Path) -> None:
    for changed in ({}, {"bandwidth": 2.0}, {"test_samples": 40}):
        for seed in (0, 1):
            regress(RffConfig(**TINY | changed, seed=seed), tmp_path)
    found = _made(tmp_path)
    assert found.main.frame["seeds"].eq(2).all()
    assert len(found.main.frame) == 3 * len(TINY["features"])
    assert len(found.tables[1].frame) == 3 * 2
    options = ["test samples 40", "test samples 50, bandwidth 2", "test samples 50"]
    assert sorted(_legend(found)[1:]) == sorted(options)
