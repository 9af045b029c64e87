"""Workers that run the real command line: what they are forked from, and what one command leaves to the next."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from geomgen import open_run
from geomgen.sweep import worker

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")
THREADS = 2
PRINTING = """
from torch import nn
print("imported")
def factory(input_shape, num_classes):
    print("made")
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 8), nn.ReLU(), nn.Linear(8, num_classes))
"""


@pytest.fixture(scope="module")
def server() -> Iterator[worker.ForkServer]:
    made = worker.ForkServer(worker.PROGRAM, {**worker.variables(THREADS), **worker.ONE_THREAD})
    yield made
    made.stop()


@pytest.fixture
def one(server: worker.ForkServer) -> Iterator[worker.Worker]:
    made = server.fork({**worker.variables(THREADS), "CUDA_VISIBLE_DEVICES": ""})
    yield made
    made.close()


def test_a_worker_begins_with_one_thread_and_so_does_the_next(one: worker.Worker) -> None:
    status = Path(f"/proc/{one.pid}/status").read_text().splitlines()
    server = next(int(line.split()[1]) for line in status if line.startswith("PPid:"))
    assert [len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in (one.pid, server)] == [1, 1]


def test_a_worker_is_the_leader_of_a_session(one: worker.Worker) -> None:
    assert os.getsid(one.pid) == one.pid != os.getsid(0)


def test_commands_follow_each_other_in_a_worker(one: worker.Worker, data_file: Path, tmp_path: Path) -> None:
    said: list[str] = []
    words = ["train", "--width=8", "--epochs=1", "--threads=1", f"--data={data_file}", f"--runs-dir={tmp_path}"]
    made = one.run(words, said.append)
    assert made.code == 0, said
    measured = one.run(["volume", "--threads=1", f"--runs-dir={tmp_path}", made.last_word], said.append)
    assert measured == worker.Ended(0, made.last_word, said[-1])
    assert open_run(made.last_word).tables == ["activation_volume", "training"]
    failed = one.run(["train", "--width=0"], said.append)
    assert failed.code == 2
    assert failed.last_line.startswith("Usage: --width 0")


def test_cells_are_not_disturbed_by_what_lies_in_the_current_folder(
    tmp_path: Path, data_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"random.py": "1 / 0", "queue.py": "1 / 0", "geomgen/__init__.py": "1 / 0", "printing_network.py": PRINTING}
    for name, code in names.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    monkeypatch.chdir(tmp_path)
    server = worker.ForkServer(worker.PROGRAM, {**worker.variables(THREADS), **worker.ONE_THREAD})
    try:
        one, said = server.fork(worker.variables(THREADS)), list[str]()
        words = ["train", "--arch=printing_network:factory", "--epochs=1", "--threads=1", f"--data={data_file}"]
        made = one.run([*words, "--runs-dir=runs"], said.append)
        one.close()
    finally:
        server.stop()
    assert made.code == 0, said
    assert open_run(made.last_word).status == "complete"
    assert {"imported", "made"} <= set(said)
