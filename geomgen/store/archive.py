"""Runs without their checkpoints: small enough to commit, and complete for every reader of tables."""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from geomgen.store.description import read_description
from geomgen.store.files import disk_errors, portable, write_file, write_signed
from geomgen.store.layout import CELLS, CHECKPOINTS, CONFIG, SLURM
from geomgen.store.manifest import entry
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
        DiskError: If the disk refuses.
    """
    manifest = run.require_finished()
    files = {name: entry for name, entry in manifest.files.items() if not name.startswith(LEFT_BEHIND)}
    target = folder / run.id
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
