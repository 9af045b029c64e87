"""Leftovers of dead processes in a folder of runs: temporary files, and runs that will not be finished."""

import os
import shutil
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from geomgen.errors import DataError, UsageError
from geomgen.store.catalog import runs
from geomgen.store.files import TEMPORARY, disk_errors, temporary
from geomgen.store.layout import is_run
from geomgen.store.manifest import UNFINISHED
from geomgen.store.reuse import is_in_use
from geomgen.store.run import Run

GIVEN_UP = (UNFINISHED, "interrupted")


@dataclass(frozen=True)
class Leftover:
    """Something that can be removed.

    Attributes:
        path: Where it is, in the folder of runs.
        kind: temporary, or the status of a run.
        size_bytes: Size of all its files.
        age_s: Time since the last change of any of them.
    """

    path: str
    kind: str
    size_bytes: int
    age_s: int


def leftovers(root: Path, *, oldest_change_s: float, whole_runs: bool = False) -> list[Leftover]:
    """Return what no running process can still need; links are neither listed nor followed.

    Args:
        root: Folder of runs.
        oldest_change_s: How long a file must have been unchanged; a younger one may still be being written.
        whole_runs: Whether to include unfinished and interrupted runs that no process holds.

    Raises:
        DiskError: If the folder cannot be read.
    """
    if not root.exists():
        return []
    with disk_errors(root):
        found = [_described(root, path, "temporary") for path in _left_over(root)]
        if whole_runs:
            found += [_described(root, run.path, run.status) for run in runs(root) if _is_given_up(run)]
    return [item for item in found if item.age_s >= oldest_change_s]


def remove(root: Path, items: Sequence[Leftover]) -> None:
    """Remove what `leftovers` found, except a run that a process has resumed since.

    Raises:
        DiskError: If the disk refuses.
    """
    for item in items:
        path = root / item.path
        with disk_errors(path):
            if item.kind == "temporary":
                _delete(path)
            else:
                _remove_run(Run(path))


def _left_over(folder: Path) -> Iterator[Path]:
    """Yield whatever has a name of geomgen's incomplete files, except in a run that a process holds."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if entry.is_symlink():
            continue
        if entry.name.startswith(".") and entry.name.endswith(TEMPORARY):
            yield path
        elif entry.is_dir() and not (is_run(path) and is_in_use(Run(path))):
            yield from _left_over(path)


def _is_given_up(run: Run) -> bool:
    with suppress(DataError):
        return not run.path.is_symlink() and run.status in GIVEN_UP and not is_in_use(run)
    return False


def _described(root: Path, path: Path, kind: str) -> Leftover:
    states = [item.lstat() for item in (path, *path.rglob("*"))]
    size = sum(state.st_size for state in states if stat.S_ISREG(state.st_mode))
    changed_s = max(state.st_mtime for state in states)
    return Leftover(path.relative_to(root).as_posix(), kind, size, int(time.time() - changed_s))


def _remove_run(run: Run) -> None:
    """Hide a run in one step, then delete it: if killed in between, this leaves a temporary folder."""
    with suppress(UsageError), run.lock():
        if run.status in GIVEN_UP:
            _delete(run.path.rename(temporary(run.path)))


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
