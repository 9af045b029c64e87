"""Report ``bias-variance``: how much of the test error of polynomials is bias, variance and noise."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.config.regress import PolynomialConfig
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.regression_rows import latest_rows
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "bias-variance"
QUESTION = "Does bias fall and variance rise with a polynomial's degree, and where is the test error lowest?"
TITLE = "Parts of the test error of polynomials by degree"
TABLE = "regress_polynomial"
REMEDY = "Make one with: geomgen regress polynomial"
PARTS = {"bias_squared": "squared bias", "variance": "variance", "noise": "noise", "test_error": "test error"}
EXACT = {"bias_squared": "bias_squared_theory", "variance": "variance_theory"}
SHOWN = [*PARTS, "test_error_stderr", *EXACT.values(), "solution_norm_median"]
SMALLEST = 1e-6
CLASSICAL = 1.2


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs.

    Args:
        sources: Rows of ``regress_polynomial``.
    """
    rows = latest_rows(sources[TABLE], PolynomialConfig, ["basis", "degree"])
    about = [name for name in ("problem", "seed") if rows[name].nunique() > 1]
    keys = [*about, "basis", "degree"]
    frame = rows[[*keys, "samples", *SHOWN, "min_rank", "resolved", "run_id"]].reset_index(drop=True)
    lines = [
        {name: text(row[name]) for name in keys} | {name: text(row[name], ".3g") for name in SHOWN}
        for row in records(frame)
    ]
    table = MadeTable(TITLE, frame, pd.DataFrame(lines).rename(columns=heading), NAME, QUESTION)
    figure = MadeFigure(NAME, QUESTION, _plotted(rows), _plot)
    return MadeReport((table,), (figure,), (*sources[TABLE].notes, *_notes(rows)))


def _notes(rows: pd.DataFrame) -> list[str]:
    cut = rows[~rows["resolved"].astype(bool)]
    return [
        f"{basis}: from degree {group['degree'].min()} on, float64 cannot resolve all directions; some are cut off."
        for basis, group in cut.groupby("basis")
    ]


def _plotted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of the latest run; a squared bias within its sampling error is left out."""
    latest: pd.DataFrame = rows[rows["run_id"] == rows["run_id"].iloc[-1]]
    resolved = latest["bias_squared"] > latest["variance"] / latest["repetitions"]
    shown = latest[["basis", "degree", "samples", *PARTS, *EXACT.values()]]
    return shown.assign(bias_squared=latest["bias_squared"].where(resolved)).reset_index(drop=True)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return the classical range of the first basis on a linear scale, then each basis on a logarithmic one."""
    from geomgen.report.figures import panels

    bases = list(numbers.groupby("basis", sort=False))
    figure, axes = panels(1 + len(bases), share=False, beside=False)
    name, rows = bases[0]
    below = rows[rows["test_error"] <= CLASSICAL * rows["test_error"].iloc[0]]
    for ax, title, shown in zip(
        axes,
        [f"{name} basis, below the threshold", *(f"{basis} basis" for basis, _ in bases)],
        [below[below["degree"] < below["samples"] - 1], *(group for _, group in bases)],
        strict=True,
    ):
        _draw(ax, shown)
        ax.set_title(title)
        if ax is not axes[0]:
            ax.set_yscale("log")
            ax.set_ylim(bottom=SMALLEST)
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _draw(ax: "Axes", rows: pd.DataFrame) -> None:
    """Draw the parts of the error against the degree, exact values pale, the threshold as a vertical line."""
    from geomgen.report.figures import series_look

    for index, (name, words) in enumerate(PARTS.items()):
        look = series_look(index) | {"linestyle": "-"}
        if name in EXACT and rows[EXACT[name]].notna().any():
            exact = rows[EXACT[name]]
            ax.plot(rows["degree"], exact, label=f"{words}, exact", color=look["color"], linewidth=4, alpha=0.3)
        ax.plot(rows["degree"], rows[name], label=words, **look)
    threshold = rows["samples"].iloc[0] - 1
    if threshold <= rows["degree"].max():
        ax.axvline(threshold, color="0.45", linestyle=":", label="as many parameters as points")
    ax.set_xlabel("Degree")
    ax.set_ylabel("Mean squared error")


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
