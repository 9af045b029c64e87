"""Measured risks stand beside exact ones, as a ratio where there is one."""

from pathlib import Path

import pytest

from geomgen.store.catalog import runs
from tests.report.reading import report


def test_the_ratio_to_theory_is_empty_where_the_mean_is_infinite(regressions: Path) -> None:
    frame = report("double-descent", runs(regressions)).table("double-descent-ridgeless").frame
    by_features = frame[frame["design"] == "isotropic"].set_index("features")
    assert by_features.index.tolist() == [2, 5, 9]
    ratio = by_features["excess_risk_mean"] / by_features["excess_risk_theory"]
    assert by_features["mean_over_theory"][2] == pytest.approx(ratio[2])
    assert by_features["mean_over_theory"].isna().tolist() == [False, True, False]
    medians = by_features["excess_risk_median"] / by_features["excess_risk_median_theory"]
    assert by_features["median_over_theory"].tolist() == pytest.approx(medians.tolist())


def test_a_panel_a_design_with_the_threshold(regressions: Path) -> None:
    figures = {figure.name: figure for figure in report("double-descent", runs(regressions)).figures}
    axes = figures["double-descent-ridgeless"].draw().axes
    assert [ax.get_title() for ax in axes] == ["isotropic", "misspecified"]
    assert all(5 in [line.get_xdata()[0] for line in ax.lines] for ax in axes)  # type: ignore[index]
