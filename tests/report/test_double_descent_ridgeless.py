"""Measured risks stand beside exact ones, as a ratio where there is one; runs of different draws share nothing."""

from pathlib import Path

import pytest

from geomgen.config.regress import RidgelessConfig
from geomgen.experiments.regress import regress
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.double_descent_ridgeless import SOURCE, part
from geomgen.store.catalog import runs


def _made(folder: Path) -> MadeReport:
    return part(RunTables(runs(folder)).collect(SOURCE.table, SOURCE.remedy).latest)


def test_the_ratio_to_theory_is_empty_where_the_mean_is_infinite(regressions: Path) -> None:
    frame = _made(regressions).main.frame
    by_features = frame[frame["design"] == "isotropic"].set_index("features")
    assert by_features.index.tolist() == [2, 5, 9]
    ratio = by_features["excess_risk_mean"] / by_features["excess_risk_theory"]
    assert by_features["mean_over_theory"][2] == pytest.approx(ratio[2])
    assert by_features["mean_over_theory"].isna().tolist() == [False, True, False]
    medians = by_features["excess_risk_median"] / by_features["excess_risk_median_theory"]
    assert by_features["median_over_theory"].tolist() == pytest.approx(medians.tolist())


def test_each_panel_has_a_curve_for_each_design_its_exact_values_and_the_threshold(regressions: Path) -> None:
    figure = _made(regressions).figures[0].draw()
    (legend,) = figure.legends
    names = {words.get_text() for words in legend.get_texts()}
    assert names == {"exact", "as many features as samples", "design isotropic", "design misspecified"}
    assert all(5 in [line.get_xdata()[0] for line in ax.lines] for ax in figure.axes)  # type: ignore[index]


def test_runs_with_different_numbers_of_draws_are_not_averaged_and_those_of_different_seeds_are(tmp_path: Path) -> None:
    for repetitions, seed in ((20, 0), (30, 0), (30, 1)):
        regress(RidgelessConfig(samples=5, features=(2, 9), repetitions=repetitions, seed=seed, threads=1), tmp_path)
    made = _made(tmp_path)
    assert len(made.main.frame) == 6
    numbers = made.figures[0].numbers
    assert numbers.groupby("series")["seeds"].unique().map(list).to_dict() == {
        "repetitions 20": [1],
        "repetitions 30": [2],
    }
