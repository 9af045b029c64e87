"""A disk that refuses: every write, fsync and rename in turn, a limit on file size, a full disk, a read-only folder."""

import errno
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from random import Random
from typing import Any, Self

import pytest
import torch

from geomgen import open_run, runs
from geomgen.errors import DiskError
from geomgen.store.archive import archive
from geomgen.store.layout import DRAFT
from geomgen.store.leftovers import leftovers
from geomgen.store.run import Run, create_run
from tests.faults.conftest import Trials, assert_nothing_is_damaged, temporaries
from tests.faults.processes import start
from tests.report.made_up_runs import RunMaker, training_row, volume_row

Work = Callable[[Path], object]
CONFIG = {"arch": "mlp", "width": 4, "seed": 0}


def _first(folder: Path) -> Run:
    return runs(folder)[0]


def _last(folder: Path) -> Run:
    return runs(folder)[-1]


WORK: dict[str, Work] = {
    "create": lambda folder: create_run(folder, "train", "x", CONFIG, {}),
    "save a state": lambda folder: _last(folder).save_state("final", {"w": torch.ones(500)}, {"step": 1}),
    "add rows": lambda folder: _last(folder).add_rows("training", [training_row(3)]),
    "log": lambda folder: _last(folder).log("a line"),
    "finish": lambda folder: _last(folder).finish("complete"),
    "measure": lambda folder: _first(folder).add_rows(
        "activation_volume", [volume_row("final", "data", 1.0)], {"experiment": "volume", "config": {}}
    ),
    "archive": lambda folder: archive(_first(folder), folder.parent / "archived"),
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, and an unfinished one after it."""
    folder = tmp_path_factory.mktemp("template") / "runs"
    make = RunMaker(folder)
    for status in ("complete", "unfinished"):
        run = make({("final", "data"): 2.0}, epochs_done=2, status="unfinished")
        run.save_state("initial", {"w": torch.ones(500)}, {"step": 0})
        run.log("begun")
        if status != "unfinished":
            run.finish(status)
    for name, work in WORK.items():
        work(Path(shutil.copytree(folder, folder.parent / f"warm {name}" / "runs")))
    return folder


def _copy(template: Path, tmp_path: Path) -> Path:
    shutil.rmtree(tmp_path / "work", ignore_errors=True)
    return Path(shutil.copytree(template, tmp_path / "work" / "runs"))


def _content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.parent.rglob("*") if path.is_file()}


def _assert_unharmed(folder: Path, before: dict[Path, bytes], name: str) -> None:
    """Check that no file has gone or is partial, and that the work can be done once the disk is well."""
    after = _content(folder)
    assert temporaries(folder.parent) == []
    assert set(before) <= set(after)
    changed = {path.name for path in after if after[path] != before.get(path)} - {DRAFT}  # announces what changes
    if name not in {"measure", "archive"}:
        assert len(changed) <= 1, changed
    assert_nothing_is_damaged(folder)
    WORK[name](folder)
    assert_nothing_is_damaged(folder)


def _fail_at(monkeypatch: pytest.MonkeyPatch, function: str, number: int) -> None:
    module = __import__(function.partition(".")[0])
    real, count = getattr(module, function.partition(".")[2]), 0

    def fail(*arguments: Any, **options: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*arguments, **options)

    monkeypatch.setattr(function, fail)


def _calls(function: str, work: Work, folder: Path) -> int:
    """Return how often a function is called in some work."""
    for number in range(1, 100):
        with pytest.MonkeyPatch.context() as patch:
            _fail_at(patch, function, number)
            try:
                work(Path(shutil.copytree(folder, folder.parent / f"counted {number}" / "runs")))
            except DiskError:
                continue
            return number - 1
    raise AssertionError(function)


@pytest.mark.parametrize("function", ["os.fsync", "os.replace", "os.rename"])
def test_each_fsync_and_rename_fails_in_turn(
    trials: Trials, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    places = [
        (name, number)
        for name, work in WORK.items()
        for number in range(1, 1 + _calls(function, work, _copy(template, tmp_path)))
    ]
    for (name, number), _ in zip(places, trials(
        f"each `{function}` of {len(WORK)} kinds of work fails in turn",
        "exit code 4, no temporary left, no file partial, the work succeeds afterwards",
        few=len(places), full=len(places),
    ), strict=True):  # fmt: skip
        folder = _copy(template, tmp_path)
        before = _content(folder)
        with monkeypatch.context() as patch:
            _fail_at(patch, function, number)
            with pytest.raises(DiskError, match="Input/output error"):
                WORK[name](folder)
        _assert_unharmed(folder, before, name)


@contextmanager
def _file_size_limit(size: int) -> Iterator[None]:
    """Limit the size of files, but for compiled modules, which would be truncated: they are not written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    compiles = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        sys.dont_write_bytecode = compiles


def test_writes_fail_at_any_byte(trials: Trials, template: Path, tmp_path: Path) -> None:
    for source in trials(
        "a write fails at a random byte (`RLIMIT_FSIZE`), in the same kinds of work",
        "exit code 4, no temporary left, no file partial, the work succeeds afterwards",
        few=16, full=200,
    ):  # fmt: skip
        name = source.choice(list(WORK))
        folder = _copy(template, tmp_path)
        before = _content(folder)
        size = source.randrange(_smallest_written(name, template, tmp_path))
        with _file_size_limit(size), pytest.raises(DiskError, match="File too large"):
            WORK[name](folder)
        _assert_unharmed(folder, before, name)


def _smallest_written(name: str, template: Path, tmp_path: Path) -> int:
    """Return the size of the smallest file that some work writes."""
    folder = Path(shutil.copytree(template, tmp_path / "sizes" / "runs"))
    before = _content(folder)
    WORK[name](folder)
    after = _content(folder)
    sizes = [len(content) for path, content in after.items() if content != before.get(path)]
    shutil.rmtree(folder.parent)
    return min(sizes)


@contextmanager
def _small_disk(folder: Path, size: int) -> Iterator[None]:
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk takes root")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk(trials: Trials, data_file: Path, tmp_path: Path) -> None:
    for number, source in enumerate(trials(
        "a disk of 4 to 200 kB is full before `train` ends",
        "exit code 4, no file partial, `verify` finds only unfinished runs",
        few=3, full=50,
    )):  # fmt: skip
        with _small_disk(tmp_path / str(number), 4096 * source.randrange(1, 50)):
            process = start("train", "--data", data_file, "--width", 64, "--runs-dir", tmp_path / str(number))
            process.join()
            assert process.exitcode == DiskError.exit_code
            assert temporaries(tmp_path / str(number)) == []
            assert_nothing_is_damaged(tmp_path / str(number))


@contextmanager
def _as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def _set_modes(folder: Path, mode: int) -> None:
    for path in (folder.parent, *folder.parent.rglob("*")):
        path.chmod(mode if path.is_dir() else mode & 0o666)


def test_a_read_only_folder(trials: Trials, template: Path) -> None:
    for work, _ in zip(WORK.values(), trials(
        "a read-only folder, for each kind of work",
        "exit code 4, every file and the listing as before",
        few=len(WORK), full=len(WORK),
    ), strict=True):  # fmt: skip
        with tempfile.TemporaryDirectory() as root:
            Path(root).chmod(0o755)
            folder = Path(shutil.copytree(template, Path(root) / "work" / "runs"))
            before = _content(folder)
            _set_modes(folder, 0o555)
            with _as_nobody(), pytest.raises(DiskError, match="Permission denied"):
                work(folder)
            assert _content(folder) == before
            _set_modes(folder, 0o755)


def _clock(source: Random) -> type[datetime]:
    class Clock(datetime):
        """A clock that may go back by up to a day whenever it is looked at."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            moment = datetime(2026, 11, 21, 12, tzinfo=tz) - timedelta(seconds=source.uniform(0, 86_400))
            return cls.combine(moment.date(), moment.timetz())

    return Clock


def test_a_clock_that_goes_backwards(
    trials: Trials, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for source in trials(
        "a clock that goes back at random, in every kind of work",
        "runs keep the order in which they were made, `gc` removes nothing young, `verify` is clean",
        few=5, full=50,
    ):  # fmt: skip
        folder = _copy(template, tmp_path)
        with monkeypatch.context() as patch:
            for module in ("run", "layout", "manifest"):
                patch.setattr(f"geomgen.store.{module}.datetime", _clock(source))
            patch.setattr("time.time", lambda source=source: source.uniform(0, 1e9))
            made = [create_run(folder, "train", "x", CONFIG, {}).id for _ in range(4)]
            for work in WORK.values():
                work(folder)
            assert leftovers(folder, oldest_change_s=60, whole_runs=True) == []
        known = [run.id for run in runs(folder)]
        assert [name for name in known if name in made] == made
        assert_nothing_is_damaged(folder)
        assert open_run(folder / made[0]).status == "unfinished"
