"""Report ``minima``: how volumes of minima spread as networks grow, and whether a few hold most of the volume."""

import pandas as pd

from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named
from geomgen.report.layout import averaged_table
from geomgen.report.quadratic_note import quadratic_note
from geomgen.report.quantities.minima import (
    COUNT,
    CURVATURE_SPREAD,
    DIMENSION,
    ERROR_CORRELATION,
    LOG_NORMAL_SHARE,
    MEAN,
    NORMALITY,
    SPREAD,
    TABLE,
    TOP_SHARE,
)
from geomgen.report.report import Report, sources
from geomgen.report.together import together

NAME = "minima"
QUESTION = "How much do the volumes of minima differ as networks grow, and do a few hold most of the volume?"
SPECS = {
    DIMENSION: ".0f",
    COUNT: ".0f",
    MEAN: ".2f",
    SPREAD: ".3f",
    CURVATURE_SPREAD: ".3f",
    TOP_SHARE: ".3f",
    LOG_NORMAL_SHARE: ".3f",
    NORMALITY: ".2g",
    ERROR_CORRELATION: ".2f",
}
SIZE = Axis(DIMENSION.name, "Parameters, D", "doubling")
PANELS = (
    Panel(SPREAD.name, "Std of ln V (nats)", "log"),
    Panel(
        TOP_SHARE.name, "Share of the largest tenth", theory=LOG_NORMAL_SHARE.name, source="if log-normal", level=0.1
    ),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the spread of volumes and the share of the largest, by width and number of values that are fitted.

    Args:
        tables: Tables of the runs.
    """
    rows = together(tables, {quantity.name: quantity.of() for quantity in SPECS})
    specs = {quantity.name: spec for quantity, spec in SPECS.items()}
    table = averaged_table(NAME, "Volumes of minima", QUESTION, rows, ["width"], specs)
    means = averaged(rows, ["width"], list(specs))
    lines = named(means, [name for name in varying_options(rows) if name in means])
    numbers, left_out = fitting(lines)
    volumes = tables.collect(TABLE, SPREAD.remedy).frame
    notes = (*_unfitted(rows), *quadratic_note(volumes, ["run_id", "network"], "minima"), *left_out)
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, SIZE, PANELS),), notes)


def _unfitted(rows: pd.DataFrame) -> list[str]:
    """Return a note on networks that are left out because they never came to fit."""
    total = int(rows["networks"].sum())
    missing = total - int(rows[COUNT.name].sum())
    return [f"{missing} of {total} networks are left out: they did not come to fit exactly."] * bool(missing)


REPORT = Report(NAME, QUESTION, sources(SPREAD), make)
