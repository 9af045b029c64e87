"""The log of a sweep's own run says what became of each cell, and an onlooker is told the same."""

from pathlib import Path

import pytest

from geomgen.store.run import create_run
from geomgen.sweep.job import Job, Outcome
from geomgen.sweep.observer import Observer, Recorder


class Onlooker(Observer):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def started(self, number: int) -> None:
        """Remember it."""
        self.told.append(("started", number))

    def said(self, number: int, line: str) -> None:
        """Remember it."""
        self.told.append(("said", number, line))

    def ended(self, number: int, outcome: Outcome) -> None:
        """Remember it."""
        self.told.append(("ended", number, outcome.status))


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome("done", "/runs/x", wall_time_s=2.34), "cell 7 done after 2.3 s"),
        (Outcome("failed", reason="killed by SIGSEGV", wall_time_s=1), "cell 7 failed after 1.0 s: killed by SIGSEGV"),
    ],
)
def test_every_change_is_logged_and_passed_on(tmp_path: Path, outcome: Outcome, line: str) -> None:
    run, onlooker = create_run(tmp_path, "sweep", "x", {}, {}), Onlooker()
    recorder = Recorder(run, {7: Job("train width=8", (), 1, 0, "")}, onlooker)
    recorder.started(7)
    recorder.said(7, "epoch 1")
    recorder.ended(7, outcome)
    logged = (run.path / "log.txt").read_text().splitlines()
    assert [entry.partition(" ")[2] for entry in logged] == ["cell 7 started: train width=8", line]
    assert onlooker.told == [("started", 7), ("said", 7, "epoch 1"), ("ended", 7, outcome.status)]


def test_whoever_watches_nothing_is_told_all_the_same() -> None:
    observer = Observer()
    observer.started(0)
    observer.said(0, "line")
    observer.ended(0, Outcome("done"))
