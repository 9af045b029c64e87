"""A kind of report: the question that it answers, the tables of runs that it is made from, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from geomgen.errors import NoDataError, UsageError
from geomgen.report.collect import Collected, RunTables
from geomgen.report.content import MadeReport
from geomgen.report.quantity import Quantity

Make = Callable[[RunTables, str | None], MadeReport]


@dataclass(frozen=True)
class Source:
    """A table of runs that a report is made from.

    Attributes:
        table: Its name.
        remedy: How to make it.
    """

    table: str
    remedy: str


def sources(*quantities: Quantity) -> tuple[Source, ...]:
    """Return the tables that quantities are read from."""
    return tuple(dict.fromkeys(Source(quantity.table, quantity.remedy) for quantity in quantities))


def in_parts(tables: RunTables, parts: Mapping[Source, Callable[[Collected], MadeReport]]) -> MadeReport:
    """Return the content of all parts together that there are runs for.

    Args:
        tables: Tables of the runs.
        parts: What makes each part from the latest rows of its table; without tables if there is too little.

    Raises:
        NoDataError: If there is none.
    """
    made = [
        part(tables.collect(source.table, source.remedy).latest)
        for source, part in parts.items()
        if tables.has(source.table)
    ]
    made = [one for one in made if one.tables]
    if not made:
        raise NoDataError("No run has what this report is made from.", next(iter(parts)).remedy)
    return MadeReport(
        tuple(table for one in made for table in one.tables),
        tuple(figure for one in made for figure in one.figures),
        tuple(dict.fromkeys(note for one in made for note in one.notes)),
    )


@dataclass(frozen=True)
class Report:
    """A kind of report.

    Attributes:
        name: What the command line calls it.
        question: The question that it answers.
        sources: Tables of runs that it is made from; without any of them there is nothing to report.
        make: Makes it from the tables of the runs and what to compare with.
        comparisons: References that it can be compared with.
        of_protocol: Makes it in a protocol of that name; not given if it shows runs of all protocols.
    """

    name: str
    question: str
    sources: tuple[Source, ...]
    make: Make
    comparisons: tuple[str, ...] = ()
    of_protocol: Callable[[RunTables, str], MadeReport] | None = None

    def build(self, tables: RunTables, *, compare: str | None = None, protocol: str | None = None) -> MadeReport:
        """Make the report from all complete runs among these.

        Args:
            tables: Tables of the runs.
            compare: One of ``comparisons``, or None.
            protocol: Name of a protocol, or None.

        Returns:
            The report, without figures that would be empty; its notes say which runs are left out.

        Raises:
            UsageError: If it cannot be compared with that, or there is no such protocol.
            NoDataError: If no run has what it needs.
            DataError: If a run is damaged.
        """
        if compare is not None and compare not in self.comparisons:
            known = (
                f"It can be compared with: {', '.join(self.comparisons)}."
                if self.comparisons
                else "It has nothing to be compared with: leave out --compare."
            )
            raise UsageError(f"Report '{self.name}' cannot be compared with '{compare}'.", known)
        if self.sources and not any(tables.has(source.table) for source in self.sources):
            missing = next((one for one in self.sources if tables.on_diverged([one.table])), self.sources[0])
            tables.collect(missing.table, missing.remedy)
        made = self.make(tables, compare) if protocol is None else self._in(protocol, tables)
        return replace(
            made,
            figures=tuple(figure for figure in made.figures if len(figure.numbers)),
            notes=(*made.notes, *tables.on_diverged(source.table for source in self.sources)),
        )

    def _in(self, protocol: str, tables: RunTables) -> MadeReport:
        if self.of_protocol is None:
            raise UsageError(
                f"Report '{self.name}' shows the runs of all protocols.", "Leave out --protocol; --where chooses runs."
            )
        return self.of_protocol(tables, protocol)
