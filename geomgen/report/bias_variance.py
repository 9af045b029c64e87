"""Report ``bias-variance``: how much of the test error of polynomials is bias, variance and noise."""

from typing import TYPE_CHECKING

import pandas as pd

from geomgen.report.averages import averaged, largest_group
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.layout import listed, listed_table
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "bias-variance"
QUESTION = "Does bias fall and variance rise with a polynomial's degree, and where is the test error lowest?"
TITLE = "Parts of the test error of polynomials by degree"
SOURCE = Source("regress_polynomial", "Make one with: geomgen regress polynomial")
PARTS = {"bias_squared": "squared bias", "variance": "variance", "noise": "noise", "test_error": "test error"}
EXACT = {"bias_squared": "bias_squared_theory", "variance": "variance_theory"}
MEDIAN = ["test_error_median", "test_error_median_low", "test_error_median_high"]
SHOWN = [*PARTS, "test_error_stderr", *MEDIAN, *EXACT.values(), "solution_norm_median"]
KEYS = ["basis", "degree"]
SMALLEST = 1e-6
CLASSICAL = 1.2


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(SOURCE.table, SOURCE.remedy).latest
    frame = listed(collected.frame, ["seed", *KEYS, "samples"], [*SHOWN, "min_rank", "resolved"])
    table = listed_table(NAME, TITLE, QUESTION, frame, dict.fromkeys(SHOWN, ".3g"))
    shown, notes = largest_group(collected.frame)
    figure = MadeFigure(NAME, QUESTION, _plotted(shown), _plot)
    return MadeReport((table,), (figure,), (*collected.notes, *notes, *_cut_off(shown)))


def _cut_off(rows: pd.DataFrame) -> list[str]:
    cut = rows[~rows["resolved"].astype(bool)]
    return [
        f"{basis}: from degree {group['degree'].min()} on, float64 cannot resolve all directions; some are cut off."
        for basis, group in cut.groupby("basis")
    ]


def _plotted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of one setting, means over seeds; a squared bias within its sampling error is left out."""
    means = averaged(rows, [*KEYS, "samples", "repetitions"], [*PARTS, *EXACT.values()])
    resolved = means["bias_squared"] > means["variance"] / means["repetitions"]
    spreads = [f"{name}_std" for name in EXACT.values()]
    return means.assign(bias_squared=means["bias_squared"].where(resolved)).drop(columns=spreads)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return the classical range of the first basis on a linear scale, then each basis on a logarithmic one."""
    from geomgen.report.figures import panels

    bases = list(numbers.groupby("basis", sort=False))
    figure, axes = panels(1 + len(bases), share=False, beside=False)
    name, rows = bases[0]
    below = rows[rows["test_error"] <= CLASSICAL * rows["test_error"].iloc[0]]
    _draw(axes[0], f"{name} basis, below the threshold", below[below["degree"] < below["samples"] - 1])
    for ax, (basis, group) in zip(axes[1:], bases, strict=True):
        _draw(ax, f"{basis} basis", group)
        ax.set_yscale("log")
        ax.set_ylim(bottom=SMALLEST)
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw(ax: "Axes", title: str, rows: pd.DataFrame) -> None:
    """Draw the parts of the error against the degree, exact values pale, the threshold as a vertical line."""
    from geomgen.report.figures import series_look

    for index, (name, words) in enumerate(PARTS.items()):
        look = series_look(index) | {"linestyle": "-"}
        if name in EXACT and rows[EXACT[name]].notna().any():
            exact = rows[EXACT[name]]
            ax.plot(rows["degree"], exact, label=f"{words}, exact", color=look["color"], linewidth=4, alpha=0.3)
        ax.errorbar(rows["degree"], rows[name], rows[f"{name}_std"], label=words, **look)
    threshold = rows["samples"].iloc[0] - 1
    if threshold <= rows["degree"].max():
        ax.axvline(threshold, color="0.45", linestyle=":", label="as many parameters as points")
    ax.set_title(title)
    ax.set_xlabel("Degree")
    ax.set_ylabel("Mean squared error")


REPORT = Report(NAME, QUESTION, (SOURCE,), make)
