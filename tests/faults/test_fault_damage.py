"""Damage to a file's bytes: found and named by verify, and by the command that reads the file."""

import shutil
import time
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from geomgen import open_run, runs
from geomgen.errors import DataError
from geomgen.store.run import Run
from tests.conftest import Command
from tests.faults.conftest import Trials, damaged_files
from tests.faults.processes import run_to_the_end, start


@pytest.fixture(scope="module")
def complete(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run with both tables."""
    run = open_run(shutil.copytree(trained.path, tmp_path_factory.mktemp("complete") / trained.id))
    run_to_the_end("volume", run.path)
    return run


@pytest.fixture(scope="module")
def unfinished(trained: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that was killed once it had saved a row and a state to go on from."""
    folder = tmp_path_factory.mktemp("killed")
    words = ["--width", 8, "--epochs", 10_000, "--data", trained.config["data"], "--runs-dir", folder]
    process = start("train", *words)
    while not (list(folder.glob("2*/tables/*.parquet")) and list(folder.glob("2*/checkpoints/resume.*"))):
        assert process.is_alive()
        time.sleep(0.01)
    process.kill()
    process.join()
    (run,) = runs(folder)
    return run


def _files(run: Run) -> list[str]:
    names = [path.relative_to(run.path).as_posix() for path in sorted(run.path.rglob("[!.]*")) if path.is_file()]
    return [name for name in names if run.status == "complete" or name != "log.txt"]


def _reader(run: Run, name: str) -> list[object]:
    """Return the command that reads a file; none reads the log, nor what only a finished run is asked for."""
    folder, _, file = name.rpartition("/")
    state = file.partition(".")[0]
    match folder, state, run.status:
        case "tables", table, _:
            return ["show", run.path, "--table", table]
        case "checkpoints", "resume", _:
            return ["train", "--resume", run.path]
        case "checkpoints", _, "complete":
            return ["volume", run.path, "--state", state]
        case "checkpoints", _, _:
            return ["verify", run.path]
    return ["verify" if file == "log.txt" else "show", run.path]


def _assert_named(geomgen: Command, run: Run, name: str, damage: Callable[[bytearray], object]) -> None:
    path = run.path / name
    content = path.read_bytes()
    reader = _reader(run, name)
    changed = bytearray(content)
    damage(changed)
    path.write_bytes(changed)
    try:
        assert damaged_files(run.path) == [name] or set(damaged_files(run.path)) == {"", name}
        result = geomgen(*reader)
        assert result.returncode == DataError.exit_code, result.stderr
        assert path.name in (result.said + result.stdout)
    finally:
        path.write_bytes(content)


def _flip(content: bytearray, source: Random) -> None:
    bit = source.randrange(8 * len(content))
    content[bit // 8] ^= 1 << bit % 8


def _cut(content: bytearray, source: Random) -> None:
    del content[source.randrange(len(content)) :]


@pytest.mark.parametrize(
    ("fault", "change", "few", "full"),
    [("a random bit of a file is flipped", _flip, 30, 200), ("a file is cut short", _cut, 15, 50)],
)
def test_damage_is_named(
    trials: Trials, geomgen: Command, complete: Run, unfinished: Run, fault: str,
    change: Callable[..., None], few: int, full: int,
) -> None:  # fmt: skip
    places = [(run, name) for run in (complete, unfinished) for name in _files(run)]
    for number, source in enumerate(trials(
        f"{fault}: each file of a complete and of an unfinished run in turn",
        "`verify` and the command that reads the file name it; exit code 3",
        few=few, full=full,
    )):  # fmt: skip
        run, name = places[number % len(places)]
        _assert_named(geomgen, run, name, partial(change, source=source))


def test_the_runs_that_are_damaged_here_are_sound_otherwise(complete: Run, unfinished: Run) -> None:
    assert damaged_files(complete.path) == damaged_files(unfinished.path) == []
    assert {"log.txt", "manifest.json", "tables/activation_volume.parquet"} <= set(_files(complete))
    assert "checkpoints/resume.safetensors" in _files(unfinished)
