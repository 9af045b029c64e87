"""The reports that there are."""

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.errors import UsageError
from geomgen.report import training, width_logdet
from geomgen.report.collect import Collected, collect
from geomgen.report.made import MadeReport, Printable

if TYPE_CHECKING:
    from geomgen.store.run import Run


@dataclass(frozen=True)
class Report:
    """A kind of report.

    Attributes:
        name: What the command line calls it.
        question: The one that it answers.
        table: Table of a run that it is made from.
        remedy: How to make that table.
        make: From collected rows and what to compare with.
        comparisons: What it can be compared with.
    """

    name: str
    question: str
    table: str
    remedy: str
    make: Callable[[Collected, str | None], MadeReport]
    comparisons: tuple[str, ...] = ()

    def build(self, runs: "Iterable[Run]", *, compare: str | None = None) -> MadeReport:
        """Make the report from all complete runs among these.

        Args:
            runs: In any order.
            compare: One of ``comparisons``, or None.

        Returns:
            The report; its notes say which runs are not in it.

        Raises:
            UsageError: If it cannot be compared with that.
            DataError: If no run has what it needs, or one is damaged.
        """
        if compare is not None and compare not in self.comparisons:
            known = (
                f"It can be compared with: {', '.join(self.comparisons)}."
                if self.comparisons
                else "Leave out --compare."
            )
            raise UsageError(f"Report '{self.name}' cannot be compared with '{compare}'.", known)
        return self.make(collect(runs, self.table, self.remedy), compare)


REPORTS = {
    report.name: report
    for report in (
        Report(
            width_logdet.NAME,
            "How does the volume of the penultimate layer's activations depend on width, before and after training?",
            width_logdet.TABLE,
            width_logdet.REMEDY,
            width_logdet.make,
            ("published",),
        ),
        Report(
            training.NAME,
            "How well did each run learn, and how far did its parameters move?",
            training.TABLE,
            training.REMEDY,
            training.make,
        ),
    )
}


def find_report(name: str) -> Report:
    """Return the report of that name.

    Raises:
        UsageError: If there is none.
    """
    if name not in REPORTS:
        close = difflib.get_close_matches(name, REPORTS, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known reports: {', '.join(REPORTS)}."
        raise UsageError(f"There is no report '{name}'.", hint)
    return REPORTS[name]


def listed_reports() -> Printable:
    """Return every report's name and the question that it answers."""
    frame = pd.DataFrame({"report": list(REPORTS), "question": [report.question for report in REPORTS.values()]})
    return Printable.of("Reports", frame)
