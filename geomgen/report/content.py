"""A report that has been made: its tables, how they are displayed, and its figures."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.errors import UsageError, printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POWER = re.compile(r"(?<=_)(\de)_(?=\d)")
WORD_JOINER = "\N{WORD JOINER}"
"""Is not seen."""


@dataclass(frozen=True)
class Printable:
    """A table in two forms.

    Attributes:
        title: Heading.
        frame: Every number in full, one column each: for CSV and JSON.
        layout: The same for display: rounded, as text; headings may have several lines.
    """

    title: str
    frame: pd.DataFrame
    layout: pd.DataFrame

    @classmethod
    def of(cls, title: str, frame: pd.DataFrame) -> "Printable":
        """Return a frame for display, with six digits of each number."""
        cells = [{name: text(value) for name, value in row.items()} for row in records(frame)]
        return Printable(title, frame, pd.DataFrame(cells, columns=list(frame)).rename(columns=heading))


@dataclass(frozen=True)
class MadeTable(Printable):
    """A table of a report.

    Attributes:
        name: Stem of its files.
        question: The question that it answers.
    """

    name: str
    question: str

    @classmethod
    def plain(cls, name: str, title: str, question: str, frame: pd.DataFrame) -> "MadeTable":
        """Return a frame for display, with six digits of each number."""
        return MadeTable(title, frame, Printable.of(title, frame).layout, name, question)


@dataclass(frozen=True)
class MadeFigure:
    """A figure of a report.

    Attributes:
        name: Stem of its files.
        question: The question that it answers.
        numbers: Exactly what is plotted: the argument of ``plot``.
        plot: Draws the figure in the current style.
    """

    name: str
    question: str
    numbers: pd.DataFrame
    plot: "Callable[[pd.DataFrame], Figure]"

    def draw(self) -> "Figure":
        """Return the figure. Nothing in the numbers' text is read as a formula or as the name of something hidden."""
        from geomgen.report.figures import style

        with style():
            return self.plot(self.numbers.map(_as_drawn))


@dataclass(frozen=True)
class MadeReport:
    """A report's content.

    Attributes:
        tables: At least one; csv and json print the first.
        figures: May be none.
        notes: What was left out, and what to know about the rest.
    """

    tables: tuple[MadeTable, ...]
    figures: tuple[MadeFigure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def main(self) -> MadeTable:
        """The first table."""
        return self.tables[0]

    def table(self, name: str) -> MadeTable:
        """Return the table of that name.

        Raises:
            UsageError: If there is none.
        """
        tables = {table.name: table for table in self.tables}
        if name not in tables:
            raise UsageError(f"This report has no table '{name}'.", f"It has: {', '.join(tables)}.")
        return tables[name]


def _as_drawn(cell: Any) -> Any:
    """Return a cell so that matplotlib can draw it: dollar signs as such, no control characters, no hidden labels."""
    if not isinstance(cell, str):
        return cell
    shown = "\n".join(map(printable, cell.split("\n")))
    return WORD_JOINER * shown.startswith("_") + shown.replace("$", r"\$")


def text(value: Any, spec: str = "") -> str:
    """Return a cell for display: ``-`` for a missing value, numbers by a format, anything else unchanged."""
    if pd.isna(value):
        return "-"
    return f"{value:{spec or 'g'}}" if isinstance(value, float) else str(value)


def exact(value: Any) -> str:
    """Return a cell for display in full, so that two values that differ never look the same."""
    shown = text(value)
    return repr(value) if isinstance(value, float) and not pd.isna(value) and float(shown) != value else shown


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row of a frame as a mapping from column names to Python values."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def heading(name: str) -> str:
    """Return a column's name with each word on a line of its own; ``1e_4`` is the number 1e-4."""
    return POWER.sub(r"\1-", name).replace("_", "\n")
