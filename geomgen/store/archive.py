"""Runs without their checkpoints: small enough to commit, and complete for every reader of tables."""

import shutil
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from geomgen.errors import UsageError
from geomgen.store.description import read_description
from geomgen.store.files import disk_errors, portable, write_file, write_signed
from geomgen.store.layout import CELLS, CHECKPOINTS, CONFIG, MANIFEST, SLURM, is_run
from geomgen.store.manifest import Manifest, entry
from geomgen.store.outside import require_outside_runs
from geomgen.store.run import Run

LEFT_BEHIND = (f"{CHECKPOINTS}/", f"{CELLS}/", f"{SLURM}/")
"""Parts that are large, or that concern only this machine."""


def archive(run: Run, folder: Path) -> Run:
    """Copy a run's config, environment, log and tables, each checked first; paths keep only their last part.

    Args:
        run: A finished run.
        folder: Folder for the copy, which is named by the run's id; an earlier copy is updated.

    Returns:
        The copy. Its manifest no longer lists checkpoints.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If the copy would replace something that has more, or be in a run.
        DiskError: If the disk refuses.
    """
    manifest = run.require_finished()
    files = {name: entry for name, entry in manifest.files.items() if not name.startswith(LEFT_BEHIND)}
    target = folder / run.id
    require_outside_runs(folder, "--to")
    if told := _more(target, run, files):
        raise UsageError(f"{target} is not written over: {told}.", "Choose another folder.")
    for name in files:
        with disk_errors(target):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
        write_file(target / name, partial(shutil.copyfile, run.checked(name)))
    about = read_description(target / CONFIG)
    if portable(about) != about:
        write_signed(target / CONFIG, portable(about))
        files = {**files, CONFIG: entry(target / CONFIG)}
    replace(manifest, files=files).write(target)
    return Run(target)


def _more(target: Path, run: Run, files: Collection[str]) -> str:
    """Return what a folder has that the archive of a run would not; empty if nothing."""
    there = [path.relative_to(target) for path in sorted(target.rglob("*")) if path.is_file()]
    if not there:
        return ""
    if target.resolve() == run.path.resolve():
        return "it is the run itself"
    if not is_run(target) or _portable_description(target) != _portable_description(run.path):
        return "it is something else"
    more = [str(path) for path in there if str(path) not in {*files, MANIFEST} and not path.name.startswith(".")]
    if more:
        return f"it has {more[0]}"
    kept = Manifest.read(target)
    measures = [measure["experiment"] for measure in (kept.measures if kept else ()) if measure not in run.measures]
    return f"it has a later measurement of {measures[0]}" if measures else ""


def _portable_description(path: Path) -> Any:
    return portable(read_description(path / CONFIG))
