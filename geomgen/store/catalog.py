"""Finding runs: all of a folder, or the one that a person means."""

import difflib
import os
from collections.abc import Iterator
from pathlib import Path

from geomgen.errors import DataError, UsageError
from geomgen.store.files import disk_errors
from geomgen.store.run import Run


def runs(root: str | Path = "runs") -> list[Run]:
    """Return every run under a folder, oldest first, finished or not.

    Raises:
        DiskError: If the folder cannot be read.
    """
    return list(_runs(Path(root)))


def _runs(root: Path) -> Iterator[Run]:
    if not root.exists():
        return
    with disk_errors(root):
        folders = sorted(path for path in root.iterdir() if path.is_dir())
    for folder in folders:
        if (folder / "config.json").is_file():
            yield Run(folder)


def open_run(path: str | Path) -> Run:
    """Return the run of a directory: ``open_run("runs/2026...").table("activation_volume")`` is a data frame.

    Raises:
        DataError: If the directory is not a run.
    """
    return Run(Path(path))


def find_run(name: str, root: str | Path = "runs") -> Run:
    """Return the run that a path, an id, the unique beginning of an id, or ``latest`` stands for.

    Raises:
        DataError: If there is none.
        UsageError: If there are several.
    """
    if os.sep in name or (Path(name) / "config.json").is_file():
        return open_run(name)
    known = [run.id for run in runs(root)]
    matching = [run_id for run_id in known if run_id == name] or [run_id for run_id in known if run_id.startswith(name)]
    if name == "latest":
        matching = known[-1:]
    if len(matching) > 1:
        raise UsageError(
            f"'{name}' could be any of {len(matching)} runs: {', '.join(matching)}.", "Write more of the id."
        )
    if not matching:
        close = difflib.get_close_matches(name, known, n=1)
        raise DataError(
            f"There is no run '{name}' under {root}.",
            f"Did you mean {close[0]}?" if close else "List runs with: geomgen ls",
        )
    return open_run(Path(root) / matching[0])
