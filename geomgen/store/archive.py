"""Runs without their checkpoints: small enough to commit, and whole to every reader of tables."""

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from geomgen.store.files import disk_errors, write_file
from geomgen.store.layout import CHECKPOINTS
from geomgen.store.run import Run


def archive(run: Run, folder: Path) -> Run:
    """Copy a run's config, environment, log and tables, each checked on the way.

    Args:
        run: A finished run.
        folder: Where the copy shall stand, under the run's id; an earlier copy is brought up to date.

    Returns:
        The copy. Its manifest no longer lists checkpoints.

    Raises:
        DataError: If the run is unfinished or damaged.
        DiskError: If the disk refuses.
    """
    manifest = run.require_finished()
    files = {name: entry for name, entry in manifest.files.items() if not name.startswith(f"{CHECKPOINTS}/")}
    target = folder / run.id
    for name in files:
        with disk_errors(target):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
        write_file(target / name, partial(shutil.copyfile, run.checked(name)))
    replace(manifest, files=files).write(target)
    return Run(target)
