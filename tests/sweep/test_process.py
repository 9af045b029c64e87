"""A cell's worker: its commands in turn, its log, and how it ended."""

import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.errors import DiskError
from geomgen.sweep import worker
from geomgen.sweep.job import CELLS_RUN, Job
from geomgen.sweep.process import Children, run_job


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PROGRAM", (sys.executable, "-m", "tests.sweep.stand_in"))


def _job(*commands: tuple[str, ...], log: str = "") -> Job:
    return Job("cell", commands, 1, 0, log)


def test_each_line_is_told_and_logged(tmp_path: Path) -> None:
    told: list[str] = []
    log = tmp_path / "deep" / "log.txt"
    outcome = run_job(_job(("usage", str(tmp_path)), log=str(log)), Children(), {}, told.append)
    assert (outcome.status, outcome.run, outcome.reason) == ("failed", "", "Usage: --width 0 is too small.")
    assert told == [f"$ geomgen usage {tmp_path}", "Usage: --width 0 is too small."]
    assert log.read_text().splitlines() == told


def test_after_a_failure_no_further_command_is_run_and_the_run_is_kept(tmp_path: Path) -> None:
    (tmp_path / "run-of-train").mkdir()
    job = _job(("train", str(tmp_path)), ("usage",), ("volume",))
    outcome = run_job(job, Children(), {}, lambda _line: None)
    assert (outcome.status, outcome.run_id) == ("failed", "run-of-train")
    assert outcome.wall_time_s > 0
    begun = (tmp_path / "run-of-train" / "begun").read_text().splitlines()
    assert [line.split()[0] for line in begun] == ["usage"]


def test_further_runs_are_made_from_the_first_and_measured_themselves(tmp_path: Path) -> None:
    """The stand-in works in the folder that its last word names, and leaves a run there."""
    (tmp_path / "run-of-train").mkdir()
    (tmp_path / "run-of-train" / "run-of-again").mkdir()
    further = (("again", CELLS_RUN), ("volume",))
    told: list[str] = []
    job = replace(_job(("train", str(tmp_path)), ("volume",)), followers=(further,))
    outcome = run_job(job, Children(), {}, told.append)
    first = tmp_path / "run-of-train"
    assert (outcome.status, outcome.run) == ("done", str(first))
    assert told == [
        f"$ geomgen train {tmp_path}", f"$ geomgen volume {first}",
        f"$ geomgen again {first}", f"$ geomgen volume {first / 'run-of-again'}",
    ]  # fmt: skip


def test_what_starts_after_the_others_were_stopped_ends_at_once(tmp_path: Path) -> None:
    children = Children()
    children.stop()
    outcome = run_job(_job(("save-when-told", str(tmp_path))), children, {}, lambda _line: None)
    assert outcome.status == "interrupted"


def test_a_worker_that_is_told_to_save_before_its_sweep_is_not_run_again(tmp_path: Path) -> None:
    children, job = Children(), replace(_job(("save-unasked", str(tmp_path))), retries=1)
    told = threading.Timer(0.1, children.stop)

    def on_line(_line: str) -> None:
        if not told.ident:
            told.start()

    outcome = run_job(job, children, {}, on_line)
    assert (outcome.status, outcome.tries) == ("interrupted", 1)
    assert len((tmp_path / "begun").read_text().splitlines()) == 1
    assert run_job(job, Children(), {}, lambda _line: None).tries == 2


def test_a_log_that_cannot_be_written_is_a_disk_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="file"):
        run_job(_job(log=str(tmp_path / "file" / "log.txt")), Children(), {}, lambda _line: None)
