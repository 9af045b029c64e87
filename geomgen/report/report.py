"""A kind of report: the question that it answers, the tables of runs that it is made from, and how."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from geomgen.errors import UsageError
from geomgen.report.collect import Collected, RunTables
from geomgen.report.content import MadeReport

Make = Callable[[Mapping[str, Collected], str | None], MadeReport]


@dataclass(frozen=True)
class Source:
    """A table of runs that a report is made from.

    Attributes:
        table: Its name.
        remedy: How to make it.
        required: Whether the report needs it.
    """

    table: str
    remedy: str
    required: bool = True


@dataclass(frozen=True)
class Report:
    """A kind of report.

    Attributes:
        name: What the command line calls it.
        question: The question that it answers.
        sources: Tables of runs that it is made from.
        make: Makes it from the collected rows of each source that any run has, by table name, and what to compare with.
        comparisons: References that it can be compared with.
    """

    name: str
    question: str
    sources: tuple[Source, ...]
    make: Make
    comparisons: tuple[str, ...] = ()

    def build(self, tables: RunTables, *, compare: str | None = None) -> MadeReport:
        """Make the report from all complete runs among these.

        Args:
            tables: Tables of the runs.
            compare: One of ``comparisons``, or None.

        Returns:
            The report; its notes say which runs are left out.

        Raises:
            UsageError: If it cannot be compared with that.
            NoDataError: If no run has what it needs.
            DataError: If a run is damaged.
        """
        if compare is not None and compare not in self.comparisons:
            known = (
                f"It can be compared with: {', '.join(self.comparisons)}."
                if self.comparisons
                else "Leave out --compare."
            )
            raise UsageError(f"Report '{self.name}' cannot be compared with '{compare}'.", known)
        wanted = [source for source in self.sources if source.required or tables.has(source.table)]
        return self.make({source.table: tables.collect(source.table, source.remedy) for source in wanted}, compare)
