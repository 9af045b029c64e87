"""Report ``double-descent``: test error against complexity, across the interpolation threshold."""

from geomgen.report import (
    double_descent_epochs,
    double_descent_features,
    double_descent_networks,
    double_descent_ridgeless,
)
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.report import Report, in_parts

QUESTION = "Does the test error peak at the interpolation threshold and fall again beyond it?"
PARTS = {
    part.SOURCE: part.part
    for part in (double_descent_features, double_descent_ridgeless, double_descent_epochs, double_descent_networks)
}


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the parts of the report for which there are runs."""
    return in_parts(tables, PARTS)


REPORT = Report("double-descent", QUESTION, tuple(PARTS), make)
