"""Finding runs: all of a folder, or the one that a name refers to."""

import difflib
import os
import shlex
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from geomgen.errors import DataError, UsageError
from geomgen.store.advice import how_to_list
from geomgen.store.files import disk_errors
from geomgen.store.index import Index
from geomgen.store.kind import ANY, Kind
from geomgen.store.layout import CHECKPOINT, CHECKPOINTS, CONFIG, FINAL, is_run, moment_of
from geomgen.store.run import Run
from geomgen.store.summary import Summary, summarise

LATEST = "latest"
SHORTEST_ID = len("20261121T201500Z")


def summaries(root: str | Path = "runs") -> list[Summary]:
    """Return the summary of every run under a folder, oldest first; runs that have not changed are read from the index.

    Raises:
        DiskError: If the folder cannot be read.
    """
    root = Path(root)
    index = Index(root)
    found = [summarised(path) if path.is_symlink() else index.summary(path) for path in _paths(root)]
    index.save()
    return sorted((summary for summary in found if summary), key=lambda summary: age(summary.path, summary.id))


def summarised(path: Path) -> Summary | None:
    """Return the summary of a directory, from its own files; None if it is not a run."""
    return summarise(path) if is_run(path) else None


def names(root: Path) -> list[str]:
    """Return the names in a folder of runs that are not hidden, run or not; none if there is no such folder.

    Raises:
        DiskError: If the folder cannot be read.
    """
    with disk_errors(root):
        return [entry.name for entry in os.scandir(root) if not entry.name.startswith(".")] if root.exists() else []


def _paths(root: Path) -> list[Path]:
    """Return the paths in a folder of runs, each target once: links only to what is neither in it nor linked before."""
    there = [root / name for name in sorted(names(root))]
    links = {path: path.resolve() for path in there if path.is_symlink()}
    known = {root.resolve() / path.name for path in there if path not in links}
    first: dict[Path, Path] = {}
    for path, target in links.items():
        first.setdefault(target, path)
    return [path for path in there if path not in links or (links[path] not in known and first[links[path]] == path)]


def runs(root: str | Path = "runs") -> list[Run]:
    """Return every run under a folder, oldest first, finished or not.

    Raises:
        DiskError: If the folder cannot be read.
    """
    root = Path(root)
    with disk_errors(root):
        return sorted((Run(path) for path in _paths(root) if is_run(path)), key=lambda run: age(run.path, run.id))


def age(path: Path, run_id: str) -> tuple[str, int, str]:
    """Return the key that orders runs by creation time, taken from the id, and within a second from the file.

    A run whose id has no time comes first.
    """
    description, moment = path / CONFIG, run_id.partition("-")[0]
    written_ns = description.stat().st_mtime_ns if description.exists() else 0
    return moment if moment_of(run_id) else "", written_ns, path.name


def open_run(path: str | Path) -> Run:
    """Return the run of a directory: ``open_run("runs/2026...").table("activation_volume")`` is a data frame.

    Raises:
        DataError: If the directory is not a run.
    """
    return Run(Path(path))


def find_run(name: str, root: str | Path = "runs", kind: Kind = ANY) -> Run:
    """Return the run that a path, the name of a folder or link, an id, its beginning, or ``latest`` refers to.

    Args:
        name: What the user wrote.
        root: Folder of runs.
        kind: The runs of which ``latest`` is the latest.

    Raises:
        DataError: If there is none.
        UsageError: If there are several, or the name is empty or that of a file.
    """
    if not name:
        raise UsageError("The name of a run is empty.", how_to_list(root))
    if Path(name).is_file():
        raise UsageError(*_not_a_whole_run(name))
    if os.sep in name or is_run(Path(name)):
        return open_run(name)
    if name == LATEST:
        return _latest(Path(root), kind)
    folder = Path(root) / name
    if not name.startswith(".") and is_run(folder):
        return Run(folder)
    there = runs(root)
    matching = [run for run in there if run.id == name] or [run for run in there if _begins(run, name)]
    if len(matching) > 1:
        told = ", ".join(run.path.name for run in matching)
        raise UsageError(f"'{name}' matches {len(matching)} runs: {told}.", "Give more of the id.")
    if not matching:
        close = difflib.get_close_matches(name, [run.id for run in there], n=1)
        raise DataError(
            f"There is no run '{name}' under {root}.",
            f"Did you mean {close[0]}?" if close else how_to_list(root),
        )
    return matching[0]


def _begins(run: Run, name: str) -> bool:
    return run.id.startswith(name) or run.path.name.startswith(name)


def find_state(name: str) -> tuple[Run, str] | None:
    """Return the run and the state that the path of a checkpoint stands for; None if it is not such a path."""
    for path in (Path(name), Path(name).resolve()):
        folder, run = path.parent, path.parent.parent
        if path.is_file() and path.suffix == CHECKPOINT and folder.name == CHECKPOINTS and is_run(run):
            return Run(run), path.stem
    return None


def split_state(name: str) -> tuple[str, str]:
    """Return the name of a run and the state in ``RUN:STATE``; its final one if none is named."""
    run, colon, state = name.rpartition(":")
    return (run, state) if colon and os.sep not in state and not is_run(Path(name)) else (name, FINAL)


def _not_a_whole_run(name: str) -> tuple[str, str]:
    """Return the problem of a file where a run is asked for, and the remedy."""
    if found := find_state(name):
        run, state = found
        return f"{name} is the state '{state}' of a run, not a whole run.", f"Name the run: {run.path}"
    command = f"geomgen import {shlex.quote(name)} --arch MODULE:FACTORY"
    remedy = f"If it holds the parameters of a network, make a run of it with: {command}"
    return f"{name} is neither a run nor a checkpoint in one.", remedy


def short_ids(ids: Sequence[str], others: Iterable[str] = ()) -> list[str]:
    """Return the shortest beginning of each id that no other one has, but at least its date and time.

    Args:
        ids: Names of runs.
        others: All names in their folder.
    """
    known = sorted({*ids, *others})
    shared = dict.fromkeys(known, 0)
    for one, following in pairwise(known):
        alike = next((at for at, pair in enumerate(zip(one, following, strict=False)) if len({*pair}) > 1), len(one))
        shared[one], shared[following] = max(shared[one], alike), alike
    return [name[: max(SHORTEST_ID, shared[name] + 1)] for name in ids]


def _latest(root: Path, kind: Kind) -> Run:
    there = summaries(root)
    for summary in reversed(there):
        if kind.fits(summary):
            return summary.run()
    told = f": none of its {len(there)} runs is a {kind.name}" if there else ""
    raise DataError(f"There is no run '{LATEST}' under {root}{told}.", how_to_list(root))
