"""Report ``simplicity``: how frequent, how simple and how smooth the functions of random networks are."""

import math
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.averages import last_runs
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.curves import MAX_SERIES, Axis, Panel, curves
from geomgen.report.layout import averaged_table
from geomgen.report.report import Report, Source
from geomgen.tables.functions import FEWEST_FITTED_COUNT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME, RANKS, GROWTH = "simplicity", "rank-frequency", "function-growth"
QUESTION = "Are the functions that random networks compute simple and smooth?"
RANK_QUESTION = "How does the frequency of functions fall with their rank?"
GROWTH_QUESTION = "How many different functions do how many random networks compute?"
TITLE = "Functions of random networks"
REMEDY = "Make one with: geomgen sample"
SUMMARY, FREQUENCIES, GROWN = (
    Source(table, REMEDY) for table in ("function_summary", "function_frequencies", "function_growth")
)
KEYS = ["num_draws", "num_inputs"]
SPECS = {
    "num_functions": ".0f",
    "unseen_mass": ".3g",
    "top_10_mass": ".3g",
    "rank_slope": ".3f",
    "complexity_slope": ".4f",
    "complexity_null_low": ".4f",
    "complexity_mean": ".1f",
    "complexity_shuffled": ".1f",
    "complexity_random": ".1f",
    "sensitivity": ".4f",
    "sensitivity_shuffled": ".4f",
    "growth_exponent": ".3f",
}
MOST_POINTS, LOG_2 = 300, math.log10(2)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs; figures show the last seed of each setting.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(SUMMARY.table, SUMMARY.remedy).latest
    table = averaged_table(NAME, TITLE, QUESTION, collected.frame, KEYS, SPECS)
    shown, left = last_runs(collected.frame, MAX_SERIES)
    listed = tables.collect(FREQUENCIES.table, FREQUENCIES.remedy).frame
    grown = tables.collect(GROWN.table, GROWN.remedy).frame
    parts = {run: rows for run, rows in listed.groupby("run_id") if run in shown}
    points = [_points(parts[run], collected.frame, run).assign(series=shown[run]) for run in shown if run in parts]
    growth = grown[grown["run_id"].isin(list(shown))]
    growth = growth[["run_id", "draws", "num_functions"]].assign(series=growth["run_id"].map(shown))
    axis = Axis("draws", "Networks drawn", "log")
    return MadeReport(
        (table,),
        (
            MadeFigure(NAME, QUESTION, pd.concat(points), _plot_complexity),
            curves(RANKS, RANK_QUESTION, pd.concat(points), Axis("rank", "Rank", "log"),
                   [Panel("probability", "Fraction of networks", "log")]),
            curves(GROWTH, GROWTH_QUESTION, growth, axis, [Panel("num_functions", "Different functions", "log")]),
        ),
        (*collected.notes, *left),
    )  # fmt: skip


def _points(rows: pd.DataFrame, summaries: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return functions at evenly spaced logarithms of the rank, with the line and the bound of their run."""
    places = np.unique(np.geomspace(1, len(rows), MOST_POINTS).astype(int)) - 1
    summary = summaries[summaries["run_id"] == run].iloc[0]
    often = rows[rows["count"] >= FEWEST_FITTED_COUNT]
    complexity, logs = often["lz_complexity"], np.log10(often["probability"])
    slope, bound_slope = summary["complexity_slope"], -summary["num_inputs"] * LOG_2 / summary["complexity_random"]
    chosen = rows.iloc[places][["probability", "lz_complexity", "count"]]
    return chosen.assign(
        rank=places + 1,
        slope=slope,
        intercept=logs.mean() - slope * complexity.mean(),
        bound_slope=bound_slope,
        bound_intercept=(logs - bound_slope * complexity).max(),
    )


def _plot_complexity(numbers: pd.DataFrame) -> "Figure":
    """Return a panel per setting: frequency against complexity C, with the fitted line and the bound.

    The bound is P(f) <= 2^(b - m C / C_0) with m inputs and C_0 of random functions. Theory leaves b open; it is the
    least with which no function that was drawn often is above.

    Source:
        Dingle, Camargo and Louis (2018).
    """
    from geomgen.report.figures import TITLE_WIDTH, panels

    parts = list(numbers.groupby("series", sort=False))
    figure, axes = panels(len(parts), share=False, beside=False)
    for ax, (name, rows) in zip(axes, parts, strict=True):
        _draw(ax, rows)
        ax.set_title(fill(str(name), TITLE_WIDTH))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _draw(ax: "Axes", rows: pd.DataFrame) -> None:
    from geomgen.report.figures import OKABE_ITO

    often = rows["count"] >= FEWEST_FITTED_COUNT
    looks: tuple[tuple[pd.Series, dict[str, Any]], ...] = (
        (often, {"color": OKABE_ITO[0], "label": f"drawn at least {FEWEST_FITTED_COUNT} times"}),
        (~often, {"color": "0.6", "markerfacecolor": "none", "label": "drawn less often"}),
    )
    for some, look in looks:
        ax.plot(rows["lz_complexity"][some], rows["probability"][some], marker=".", linestyle="", **look)
    _draw_line(ax, rows, "bound_", ":", "bound, with the slope that theory gives")
    _draw_line(ax, rows, "", "--", "least squares")
    ax.set_yscale("log")
    ax.set_ylim(rows["probability"].min() / 2, 1)
    ax.set_xlabel("Lempel-Ziv complexity C (bits)")
    ax.set_ylabel("Fraction of networks")


def _draw_line(ax: "Axes", rows: pd.DataFrame, of: str, style: str, name: str) -> None:
    """Draw a line of powers of ten up to 1, if there is one."""
    slope, intercept = (float(rows[f"{of}{part}"].iloc[0]) for part in ("slope", "intercept"))
    if not math.isnan(slope + intercept):
        start = max(0.0, -intercept / slope) if slope < 0 else 0.0
        span = np.linspace(start, rows["lz_complexity"].max(), MOST_POINTS)
        ax.plot(span, 10 ** (intercept + slope * span), style, color="0.3", label=name)


REPORT = Report(NAME, QUESTION, (SUMMARY, FREQUENCIES, GROWN), make)
