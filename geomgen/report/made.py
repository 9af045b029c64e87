"""A report that has been made: its numbers, how a person reads them, and its figure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Printable:
    """A table in two forms.

    Attributes:
        title: Heading.
        frame: Every number in full, one column each: for CSV and JSON.
        layout: The same for a person to read: rounded, as text; headings may have several lines.
    """

    title: str
    frame: pd.DataFrame
    layout: pd.DataFrame

    @classmethod
    def of(cls, title: str, frame: pd.DataFrame) -> "Printable":
        """Return a frame with six digits of each number for a person to read."""
        cells = [{name: text(value) for name, value in row.items()} for row in records(frame)]
        return Printable(title, frame, pd.DataFrame(cells, columns=list(frame)).rename(columns=heading))


@dataclass(frozen=True)
class MadeReport(Printable):
    """A report's content.

    Attributes:
        name: Stem of its files.
        notes: What was left out, and what to know about the rest.
        plot: Draws the figure in the style that is in force.
    """

    name: str
    notes: list[str]
    plot: "Callable[[], Figure]"

    def draw(self) -> "Figure":
        """Return the figure."""
        from geomgen.report.figures import style

        with style():
            return self.plot()


def text(value: Any, spec: str = "") -> str:
    """Return a cell for a person to read: ``-`` for a missing value, numbers by a format, else as it is."""
    if pd.isna(value):
        return "-"
    return f"{value:{spec or 'g'}}" if isinstance(value, float) else str(value)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each row of a frame as a mapping from column names to Python values."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def heading(name: str) -> str:
    """Return a column's name with each word on a line of its own."""
    return name.replace("_", "\n")
