"""How cells are run as processes of this machine: order, retries, ends and what is kept of them."""

import sys
import threading
from pathlib import Path

import pytest

from geomgen.sweep import worker
from geomgen.sweep.job import Job
from geomgen.sweep.local import divided, run_local
from geomgen.sweep.observer import Observer

STAND_IN = (sys.executable, "-m", "tests.sweep.stand_in")


class Witness(Observer):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.order: list[int] = []
        self.lines: list[str] = []
        self.ready = threading.Event()

    def started(self, number: int) -> None:
        """Remember the order."""
        self.order.append(number)

    def said(self, number: int, line: str) -> None:
        """Remember the line."""
        self.lines.append(line)
        if line == "ready":
            self.ready.set()


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PROGRAM", STAND_IN)


def _jobs(folder: Path, *ways: str, retries: int = 0) -> dict[int, Job]:
    return {
        number: Job(way, ((way, str(folder)),), 1, retries, str(folder / "logs" / f"{number}.txt"))
        for number, way in enumerate(ways)
    }


def _begun(folder: Path) -> list[str]:
    return [line.split()[0] for line in (folder / "begun").read_text().splitlines()]


def test_commands_run_in_turn_and_measures_are_given_the_run(tmp_path: Path) -> None:
    (tmp_path / "run-of-train").mkdir()
    job = Job("cell", (("train", str(tmp_path)), ("volume", "--reuse")), 3, 0, str(tmp_path / "log.txt"))
    outcome = run_local({7: job}, [{"CUDA_VISIBLE_DEVICES": "5"}], Witness())[7]
    assert (outcome.status, outcome.run_id, outcome.tries) == ("done", "run-of-train", 1)
    assert (tmp_path / "begun").read_text() == "train 5 3\n"
    assert (tmp_path / "run-of-train" / "begun").read_text() == "volume 5 3\n"
    assert (tmp_path / "log.txt").read_text().splitlines()[1] == f"$ geomgen volume --reuse {tmp_path}/run-of-train"


def test_what_was_killed_is_tried_again_and_what_is_hopeless_is_not(tmp_path: Path) -> None:
    found = run_local(_jobs(tmp_path, "crash-once", "usage", "crash", retries=2), [{}], Witness())
    assert [(found[number].status, found[number].tries) for number in range(3)] == [
        ("done", 2), ("failed", 1), ("failed", 3),
    ]  # fmt: skip
    assert found[1].reason == "Usage: --width 0 is too small."
    assert found[2].reason == "killed by SIGSEGV"
    killed = run_local(_jobs(tmp_path / "logs", "crash-once"), [{}], Witness())
    assert killed[0].reason == "killed by SIGKILL (out of memory?)"


def test_a_crashed_command_goes_on_in_a_new_worker_and_those_before_it_are_not_run_again(tmp_path: Path) -> None:
    for name in ("run-of-train", "other"):
        (tmp_path / name).mkdir()
    commands = (("train", str(tmp_path)), ("volume",), ("crash-once",), ("jacobian",))
    outcome = run_local({0: Job("cell", commands, 1, 1, "")}, [{}], Witness())[0]
    assert (outcome.status, outcome.run_id, outcome.tries) == ("done", "run-of-train", 1)
    assert _begun(tmp_path) == ["train"]
    assert _begun(tmp_path / "run-of-train") == ["volume", "crash-once", "crash-once", "jacobian"]


def test_a_worker_that_ends_in_the_middle_of_a_command_has_failed(tmp_path: Path) -> None:
    found = run_local(_jobs(tmp_path, "vanish"), [{}], Witness())[0]
    assert (found.status, found.reason) == ("failed", "half a line")


def test_a_cell_that_dies_takes_nothing_with_it_and_order_is_kept(tmp_path: Path) -> None:
    witness = Witness()
    found = run_local(_jobs(tmp_path, "crash", "train", "train", "train"), [{}, {}], witness)
    assert witness.order == [0, 1, 2, 3]
    assert [found[number].status for number in range(4)] == ["failed", "done", "done", "done"]


def test_cells_that_may_not_start_come_last_but_come(tmp_path: Path) -> None:
    witness = Witness()
    run_local(_jobs(tmp_path, "a", "b", "c"), [{}], witness, may_start=lambda number, _running: number == 1)
    assert witness.order == [1, 0, 2]


def test_when_asked_to_stop_processes_save_and_no_more_are_started(tmp_path: Path) -> None:
    witness = Witness()
    found = run_local(_jobs(tmp_path, "save-when-told", "train"), [{}], witness, should_stop=witness.ready.is_set)
    assert {number: outcome.status for number, outcome in found.items()} == {0: "interrupted"}
    assert _begun(tmp_path) == ["save-when-told"]


def test_fail_fast_lets_the_others_save_themselves(tmp_path: Path) -> None:
    jobs = _jobs(tmp_path, "save-when-told", "usage", "train")
    found = run_local(jobs, [{}, {}], Witness(), fail_fast=True)
    assert {number: outcome.status for number, outcome in found.items()} == {0: "interrupted", 1: "failed"}


def test_an_error_outside_ends_the_processes(tmp_path: Path) -> None:
    witness = Witness()

    def break_when_ready() -> bool:
        if witness.ready.is_set():
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        run_local(_jobs(tmp_path, "save-when-told"), [{}], witness, should_stop=break_when_ready)


def test_cells_outlive_the_server_that_forked_them_and_others_get_a_new_one(tmp_path: Path) -> None:
    witness, commands = Witness(), (("kill-the-server", str(tmp_path)), ("train", "--reuse"))
    (tmp_path / "run-of-kill-the-server").mkdir()
    jobs = {0: Job("cell", commands, 1, 0, ""), 1: _jobs(tmp_path, "train")[0]}
    found = run_local(jobs, [{}], witness)
    assert [(found[number].status, found[number].tries) for number in jobs] == [("done", 1), ("done", 1)]
    assert _begun(tmp_path / "run-of-kill-the-server") == ["train"]


def test_a_worker_whose_server_and_itself_were_killed_is_tried_again(tmp_path: Path) -> None:
    found = run_local(_jobs(tmp_path, "kill-the-server-and-crash", retries=1), [{}], Witness())[0]
    assert (found.status, found.tries) == ("failed", 2)
    assert len(_begun(tmp_path)) == 2


def test_a_server_that_cannot_start_is_a_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "PROGRAM", (sys.executable, "-c", ""))
    found = run_local(_jobs(tmp_path, "train"), [{}], Witness())[0]
    assert (found.status, found.tries) == ("failed", 1)
    assert "The server of workers died" in found.reason


def test_gpus_are_divided() -> None:
    def shares(gpus: list[str], jobs: int) -> list[str | None]:
        return [place.get("CUDA_VISIBLE_DEVICES") for place in divided(gpus, jobs)]

    assert shares([], 2) == [None, None]
    assert shares(["0", "1", "2"], 2) == ["0,2", "1"]
    assert shares(["4", "7"], 3) == ["4", "7", "4"]
