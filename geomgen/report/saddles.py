"""Report ``saddles``: critical points of the loss against its height and the number of parameters."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geomgen.report.averages import largest_group
from geomgen.report.by_width import Measured, width_report
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.curves import Panel
from geomgen.report.quantities.critical_points import (
    CRITICAL_SHARE,
    DIMENSION,
    DISTINCT,
    FLAT_SHARE,
    INDEX_CORRELATION,
    INDEX_EXPONENT,
    LAW_RESIDUAL,
    LOG_BY_SIGNS,
    LOG_MINIMA,
    LOG_OF_RANDOM,
    LOWEST_INDEX,
    LOWEST_LOSS,
    MEAN_INDEX,
    SADDLE_SHARE,
    distinct,
    fitted_law,
    of_runs,
)
from geomgen.report.report import Report, sources
from geomgen.theory.random_matrices import index_at

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "saddles"
QUESTION = "Are critical points of the loss saddles, and do more directions descend from higher ones?"
SPECS = {
    DIMENSION: ".0f",
    CRITICAL_SHARE: ".2f",
    FLAT_SHARE: ".2f",
    DISTINCT: ".1f",
    SADDLE_SHARE: ".3f",
    LOG_MINIMA: ".2f",
    LOG_BY_SIGNS: ".1f",
    LOG_OF_RANDOM: ".0f",
    MEAN_INDEX: ".3f",
    LOWEST_INDEX: ".3f",
    INDEX_CORRELATION: ".3f",
    INDEX_EXPONENT: ".2f",
    LOWEST_LOSS: ".3f",
    LAW_RESIDUAL: ".4f",
}
PANELS = (
    Panel(SADDLE_SHARE.name, "Share of saddles among critical points"),
    Panel(LOG_MINIMA.name, "ln(share of minima)"),
    Panel(LOG_BY_SIGNS.name, "ln(share of minima), if signs were independent"),
    Panel(INDEX_CORRELATION.name, "Rank correlation of loss and index"),
)
MAKE_BY_WIDTH = width_report(
    NAME,
    QUESTION,
    "Critical points of the loss, and the random-matrix law of their index",
    {quantity.name: Measured(quantity.of(), spec, quantity.name) for quantity, spec in SPECS.items()},
    PANELS,
).make
LAW_POINTS = 100


def make(tables: RunTables, compare: str | None) -> MadeReport:
    """Return the table by width, and the index of every critical point against its loss.

    Args:
        tables: Tables of the runs.
        compare: Nothing can be compared with.
    """
    by_width = MAKE_BY_WIDTH(tables, compare)
    collected = DIMENSION.rows(tables)
    rows, notes = largest_group(tables.collect(DIMENSION.table, DIMENSION.remedy).latest.frame)
    figure = MadeFigure(f"{NAME}-index", "How does the index go with the loss?", _points(rows), _plot)
    said = (*by_width.notes, *collected.notes, *notes)
    return MadeReport(by_width.tables, (figure, *by_width.figures), tuple(dict.fromkeys(said)))


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the distinct critical points of all runs, and the random-matrix law fitted to those of each width."""
    points = pd.concat([distinct(part) for part in of_runs(rows)]).sort_values("width", kind="stable")
    points = points.assign(series="width " + points["width"].astype(str))
    laws = [_law(part).assign(series=f"law fitted to {series}") for series, part in points.groupby("series")]
    shown = pd.concat([points, *(law for law in laws if len(law))], ignore_index=True)
    return shown[["series", "seed", "penalised_loss", "index"]].astype({"seed": "Int64"})


def _law(points: pd.DataFrame) -> pd.DataFrame:
    lowest, middle, _ = fitted_law(points)
    if not np.isfinite(lowest):
        return pd.DataFrame({"penalised_loss": [], "index": [], "seed": []})
    losses = np.linspace(points["penalised_loss"].min(), points["penalised_loss"].max(), LAW_POINTS)
    return pd.DataFrame({"penalised_loss": losses, "index": index_at(losses, lowest, middle), "seed": pd.NA})


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Draw points by width, and the law of each as a line in its colour."""
    from geomgen.report.figures import panels, series_look

    figure, (ax,) = panels(1)
    for place, (series, line) in enumerate(numbers[numbers["seed"].notna()].groupby("series", sort=False)):
        look = series_look(place)
        ax.plot(line["penalised_loss"], line["index"], **look | {"linestyle": "", "alpha": 0.6}, label=series)
        law = numbers[numbers["series"] == f"law fitted to {series}"]
        ax.plot(law["penalised_loss"], law["index"], color=look["color"], linestyle=look["linestyle"])
    ax.set_xlabel("Loss of the critical point")
    ax.set_ylabel("Index (fraction of negative eigenvalues)\nand its random-matrix law, fitted (lines)")
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


REPORT = Report(NAME, QUESTION, sources(DIMENSION), make)
