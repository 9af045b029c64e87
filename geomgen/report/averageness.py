"""Report ``averageness``: how different networks that fit are from each other, by width."""

from functools import reduce

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.by_units import UNITS, along_units
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.curves import Panel, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.posterior import (
    CURVATURE_SPREAD,
    ERROR_SPREAD,
    POINTS,
    VOLUME_SPREAD,
    is_unconverged,
)
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.report import Report, Source

NAME = "averageness"
QUESTION = "Do wide networks that fit differ less in test error, curvature and local volume than narrow ones?"
TITLE = "Spread over networks that fit"
SPREADS = (ERROR_SPREAD, CURVATURE_SPREAD, VOLUME_SPREAD)
MEANS = {"test_error": ".3f", "log_trace_nats": ".3f", "log_volume_nats": ".3f"}
SOURCE = Source(POINTS, f"{ERROR_SPREAD.remedy} --optimal-points 100")
PANELS = (
    Panel(ERROR_SPREAD.name, "Spread of test error", "log"),
    Panel(CURVATURE_SPREAD.name, "Spread of ln trace", "log"),
    Panel(VOLUME_SPREAD.name, "Spread of ln local volume (nats)", "log"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return means and spreads of each law, and the spreads by width.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no network with a hidden layer was measured.
    """
    collected = tables.collect(SOURCE.table, SOURCE.remedy, ERROR_SPREAD.recorded).latest
    rows = _with_means(collected.frame, reduce(_beside, (_spreads(tables, one) for one in SPREADS)))
    if rows.empty:
        raise NoDataError("No networks with a hidden layer have points.", SOURCE.remedy)
    spreads = [one.name for one in SPREADS]
    table = averaged_table(NAME, TITLE, QUESTION, rows, ["law"], MEANS | dict.fromkeys(spreads, ".3f"))
    numbers, left_out = fitting(along_units(rows, ["law"], spreads))
    notes = (*collected.notes, *_unconverged(collected.frame), *left_out)
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, UNITS, PANELS),), notes)


def _unconverged(points: pd.DataFrame) -> list[str]:
    """Return the note that runs are left out whose chains of networks that fit have not converged, if there are any."""
    count = points[is_unconverged(points)]["run_id"].nunique()
    runs = "1 run" if count == 1 else f"{count} runs"
    return [f"Left out: drawn networks of {runs} whose chains have not converged."] if count else []


def _spreads(tables: RunTables, spread: Quantity) -> pd.DataFrame:
    return spread.rows(tables).frame.rename(columns={VALUE: spread.name})


def _beside(left: pd.DataFrame, right: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the spread that the right ones have and the left ones lack."""
    own = [name for name in right if name in {one.name for one in SPREADS}]
    return left.merge(right[["run_id", "law", *own]], on=["run_id", "law"])


def _with_means(points: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    means = points.groupby(["run_id", "law"])[list(MEANS)].mean().reset_index()
    return rows.drop(columns=list(MEANS)).merge(means, on=["run_id", "law"])


REPORT = Report(NAME, QUESTION, (SOURCE,), make)
