"""Overlaid histograms: one panel a network, one look a series, and axes that show what is not empty."""

import pandas as pd
import pytest
from matplotlib.colors import to_hex

from geomgen.report.similarity_figure import LEAST, LOOKS, MARGIN, plot


def _bins(panel: str, series: str, densities: list[float]) -> pd.DataFrame:
    lows = [-1 + 0.5 * index for index in range(len(densities))]
    highs = [low + 0.5 for low in lows]
    return pd.DataFrame({"panel": panel, "series": series, "bin_low": lows, "bin_high": highs, "density": densities})


def test_what_is_drawn() -> None:
    numbers = pd.concat([
        _bins("mlp 512", "trained", [0.0, 0.2, 1.6, 0.0]),
        _bins("mlp 512", "initial", [0.0, 0.0, 2.0, 0.0]),
        _bins("lenet5", "initial", [LEAST / 2, 0.0, 1.0, 0.5]),
    ])
    figure = plot(numbers, "cosine similarity")
    assert [ax.get_title() for ax in figure.axes] == ["mlp 512", "lenet5"]
    assert {ax.get_xlabel() for ax in figure.axes} == {"Cosine similarity"}
    assert [len(ax.lines) for ax in figure.axes] == [2, 1]
    (legend,) = figure.legends
    assert [words.get_text() for words in legend.get_texts()] == ["initial", "trained"]
    assert figure.axes[0].lines[0].get_xdata() == pytest.approx([-0.75, -0.25, 0.25, 0.75])
    assert figure.axes[0].get_xlim() == pytest.approx((-0.5 - MARGIN, 1 + MARGIN))
    assert figure.axes[0].get_ylim() == pytest.approx((LEAST, 4.0))


def test_no_two_series_look_alike() -> None:
    looks = {(to_hex(look["color"]), str(look["linestyle"])) for look in LOOKS.values()}
    assert len(looks) == len(LOOKS)
