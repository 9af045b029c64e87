"""What is shown while a sweep runs: a table of its cells on a terminal, otherwise one line per change."""

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from geomgen.cli.console import error_console, note
from geomgen.sweep.cells import DONE
from geomgen.sweep.observer import Observer

if TYPE_CHECKING:
    from geomgen.sweep.job import Outcome
    from geomgen.sweep.plan import Planned

WAITING, RUNNING = "waiting", "running"
COLOURS = {RUNNING: "cyan", DONE: "green", "failed": "red", "interrupted": "yellow"}
ORDER = ("failed", "interrupted", RUNNING, WAITING, DONE)
REFRESHES_PER_S = 4
LINES_AROUND = 6


@contextmanager
def observing(plan: "Sequence[Planned]", *, quiet: bool) -> Iterator[Observer]:
    """Show the progress of the cells that a plan runs.

    Yields:
        The observer to which the sweep reports.
    """
    if quiet:
        yield Observer()
    elif sys.stderr.isatty():
        from rich.live import Live

        table = CellTable(plan)
        with Live(console=error_console(), get_renderable=table.render, refresh_per_second=REFRESHES_PER_S):
            yield table
    else:
        yield CellLines(plan)


class Lines(Observer):
    """Every line that a cell's processes write, unchanged."""

    def said(self, number: int, line: str) -> None:
        """Print it."""
        note(line)


class CellLines(Observer):
    """A plain line when a cell starts and when it ends.

    Args:
        plan: Cells of the sweep.
    """

    def __init__(self, plan: "Sequence[Planned]") -> None:
        self._plan, self._total, self._ended = plan, sum(one.runs for one in plan), 0

    def started(self, number: int) -> None:
        """Print it."""
        note(f"{self._plan[number].cell.title}: {RUNNING}")

    def ended(self, number: int, outcome: "Outcome") -> None:
        """Print it."""
        self._ended += 1
        how = f"{outcome.status} after {outcome.wall_time_s:.1f} s"
        reason = f": {outcome.reason}" if outcome.reason else ""
        note(f"{self._plan[number].cell.title}: {how}, {self._ended} of {self._total}{reason}")


class CellTable(Observer):
    """A table of cells that is redrawn several times a second.

    Args:
        plan: Cells of the sweep.
    """

    def __init__(self, plan: "Sequence[Planned]") -> None:
        self._titles = {one.number: one.cell.title for one in plan if one.runs}
        self._states = dict.fromkeys(self._titles, WAITING)
        self._notes = dict.fromkeys(self._titles, "")
        self._began: dict[int, float] = {}
        self._took = dict.fromkeys(self._titles, 0.0)
        self._lock = threading.Lock()

    def started(self, number: int) -> None:
        """Show it as running."""
        with self._lock:
            self._states[number], self._began[number] = RUNNING, time.monotonic()

    def said(self, number: int, line: str) -> None:
        """Show the line next to the cell."""
        with self._lock:
            self._notes[number] = line.removeprefix("$ ")

    def ended(self, number: int, outcome: "Outcome") -> None:
        """Show how it ended."""
        with self._lock:
            self._states[number], self._took[number] = outcome.status, outcome.wall_time_s
            self._notes[number] = outcome.reason

    def render(self) -> Table:
        """Return the table: as many cells as the terminal has lines, those that need attention first."""
        with self._lock:
            numbers = sorted(self._states, key=lambda number: ORDER.index(self._states[number]))
            counts = {state: list(self._states.values()).count(state) for state in ORDER}
            table = Table(box=None, pad_edge=False, expand=True)
            for heading in ("cell", "state", "time"):
                table.add_column(heading, no_wrap=True)
            table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
            for number in numbers[: max(1, error_console().height - LINES_AROUND)]:
                table.add_row(*self._line(number))
            table.caption = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
            return table

    def _line(self, number: int) -> tuple[Text, ...]:
        state = self._states[number]
        seconds = time.monotonic() - self._began[number] if state == RUNNING else self._took[number]
        return (
            Text(self._titles[number]),
            Text(state, COLOURS.get(state, "")),
            Text(f"{seconds:.0f} s" if seconds else "", justify="right"),
            Text(self._notes[number]),
        )
