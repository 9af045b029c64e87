"""Report ``double-descent``: test error against complexity, across the interpolation threshold."""

from geomgen.errors import NoDataError
from geomgen.report import double_descent_features, double_descent_networks, double_descent_ridgeless
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.report import Report, Source

NAME = "double-descent"
QUESTION = "Does the test error peak at the interpolation threshold and fall again beyond it?"
PARTS = (double_descent_features, double_descent_ridgeless, double_descent_networks)
SOURCES: tuple[Source, ...] = tuple(part.SOURCE for part in PARTS)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the parts of the report for which there are runs.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there is none.
    """
    made = [
        part.part(tables.collect(source.table, source.remedy).latest)
        for part, source in zip(PARTS, SOURCES, strict=True)
        if tables.has(source.table)
    ]
    if not any(one.tables for one in made):
        raise NoDataError("No complete run of double descent has been made.", SOURCES[0].remedy)
    return MadeReport(
        tuple(table for one in made for table in one.tables),
        tuple(figure for one in made for figure in one.figures),
        tuple(dict.fromkeys(note for one in made if one.tables for note in one.notes)),
    )


REPORT = Report(NAME, QUESTION, SOURCES, make)
