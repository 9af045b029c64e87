"""Observers of the cells of a running sweep."""

from collections.abc import Mapping

from geomgen.store.run import Run
from geomgen.sweep.job import Job, Outcome


class Observer:
    """Notified of each cell by its number, from several threads at once."""

    def started(self, number: int) -> None:
        """A cell has started."""

    def said(self, number: int, line: str) -> None:
        """A cell's process has written a line, or is about to start."""

    def ended(self, number: int, outcome: Outcome) -> None:
        """A cell has ended."""


class Recorder(Observer):
    """Keeps each change in the log of the sweep's own run.

    Args:
        run: The sweep's own run.
        jobs: Its cells that run.
        onlooker: Another observer, notified of the same.
    """

    def __init__(self, run: Run, jobs: Mapping[int, Job], onlooker: Observer) -> None:
        self._run, self._jobs, self._onlooker = run, jobs, onlooker

    def started(self, number: int) -> None:
        """Log it."""
        self._run.log(f"cell {number} started: {self._jobs[number].title}")
        self._onlooker.started(number)

    def said(self, number: int, line: str) -> None:
        """Pass it on."""
        self._onlooker.said(number, line)

    def ended(self, number: int, outcome: Outcome) -> None:
        """Log it."""
        reason = f": {outcome.reason}" if outcome.reason else ""
        self._run.log(f"cell {number} {outcome.status} after {outcome.wall_time_s:.1f} s{reason}")
        self._onlooker.ended(number, outcome)
