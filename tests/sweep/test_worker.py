"""Workers and the server that forks them, seen from the side that asks: how commands end, and what outlives what."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from geomgen.sweep import worker
from geomgen.sweep.worker import Ended, ForkServer, Worker, program, server, variables

STAND_IN = (sys.executable, "-m", "tests.sweep.stand_in")


@pytest.fixture(scope="module")
def shared() -> Iterator[ForkServer]:
    made = ForkServer(STAND_IN, variables(1))
    yield made
    made.stop()


@pytest.fixture
def own() -> Iterator[ForkServer]:
    """A server that may be killed."""
    made = ForkServer(STAND_IN, variables(1))
    yield made
    made.stop()


@pytest.fixture
def one(shared: ForkServer) -> Iterator[Worker]:
    made = shared.fork(variables(3))
    yield made
    made.close()


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_commands_run_one_after_the_other_in_the_workers_environment(one: Worker, tmp_path: Path) -> None:
    said: list[str] = []
    for how in ("train", "volume"):
        assert one.run([how, str(tmp_path)], said.append) == Ended(0, f"{tmp_path}/run-of-{how}", "")
    assert said == []
    assert (tmp_path / "begun").read_text() == "train  3\nvolume  3\n"


@pytest.mark.parametrize(
    ("how", "ended"),
    [
        ("usage", Ended(2, "", "Usage: --width 0 is too small.")),
        ("crash", Ended(-signal.SIGSEGV, "", "")),
        ("crash-once", Ended(-signal.SIGKILL, "", "")),
        ("vanish", Ended(1, "", "half a line")),
    ],
)
def test_a_command_that_fails_ends_the_worker(one: Worker, tmp_path: Path, how: str, ended: Ended) -> None:
    said: list[str] = []
    assert one.run([how, str(tmp_path)], said.append) == ended
    assert said == [ended.last_line] * bool(ended.last_line)
    assert one.run(["train", str(tmp_path)], said.append).code != 0
    assert not _is_alive(one.pid)
    one.terminate()  # of no effect on whoever has its number by now


def test_an_exception_that_nobody_caught_is_a_failure_with_its_traceback(shared: ForkServer, tmp_path: Path) -> None:
    environment = {name: value for name, value in variables(1).items() if name != "OMP_NUM_THREADS"}
    one, said = shared.fork(environment), list[str]()
    assert one.run(["train", str(tmp_path)], said.append) == Ended(1, "", "KeyError: 'OMP_NUM_THREADS'")
    assert said[0].startswith("Traceback")
    one.close()


def test_a_worker_that_is_asked_to_saves_and_ends(one: Worker, tmp_path: Path) -> None:
    assert one.run(["save-when-told", str(tmp_path)], lambda _line: one.terminate()).code == 130


def test_a_worker_that_does_not_end_in_time_is_killed(
    shared: ForkServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(_line: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "GRACE_S", 0.05)
    one = shared.fork(variables(1))
    with pytest.raises(KeyboardInterrupt):
        one.run(["save-when-told", str(tmp_path)], give_up)
    assert _is_alive(one.pid)
    one.close()
    assert not _is_alive(one.pid)


def test_workers_of_a_dead_sweep_save_themselves(own: ForkServer, tmp_path: Path) -> None:
    one = own.fork(variables(1))

    def die(line: str) -> None:
        if line == "ready":
            own.start().close()  # as if this process had ended

    assert one.run(["save-when-told", str(tmp_path)], die).code == 130
    one.close()


def test_a_worker_outlives_its_server_and_the_next_has_a_new_one(own: ForkServer, tmp_path: Path) -> None:
    one = own.fork(variables(1))
    assert one.run(["kill-the-server", str(tmp_path)], lambda _line: None).code == 0
    other = own.fork(variables(1))
    for each in (one, other):
        assert each.run(["train", str(tmp_path)], lambda _line: None) == Ended(0, f"{tmp_path}/run-of-train", "")
        each.close()


def test_a_server_that_cannot_start_is_a_connection_error() -> None:
    made = ForkServer((sys.executable, "-c", ""), variables(1))
    with pytest.raises(ConnectionError, match="server of workers died"):
        made.fork(variables(1))
    made.stop()


def test_there_is_one_server_for_a_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_servers", {})
    assert server(1) is server(1)
    assert server(1) is not server(2)


def test_a_cell_gets_its_options_from_the_recipe_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOMGEN_WIDTH", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    monkeypatch.setenv("MINE", "kept")
    found = variables(3)
    assert {name for name in found if name.startswith("GEOMGEN_")} == {"GEOMGEN_LINES"}
    assert [found[name] for name in worker.THREAD_VARIABLES] == ["3", "3", "3"]
    assert (found["MINE"], found["THP_MEM_ALLOC_ENABLE"]) == ("kept", "0")
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE")
    assert variables(3)["THP_MEM_ALLOC_ENABLE"] == "1"


def test_a_program_has_this_geomgen_and_nothing_that_lies_in_the_current_folder(tmp_path: Path) -> None:
    for name in ("random.py", "queue.py", "geomgen/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1 / 0")
    words = program("import geomgen.fields, queue, random; print(geomgen.__path__[0], sys.path)")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(str(Path(worker.__file__).parents[1]))
    assert str(tmp_path) not in ended.stdout
