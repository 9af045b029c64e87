"""The layout of a run directory."""

import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

CONFIG = "config.json"
ENVIRONMENT = "environment.json"
MANIFEST = "manifest.json"
DRAFT = ".manifest.json"
"""The draft manifest of a run's tables, until there is a manifest."""
LOG = "log.txt"
TABLES = "tables"
CHECKPOINTS = "checkpoints"
CHECKPOINT = ".safetensors"
CELLS, SLURM, FIGURES = "cells", "slurm", "figures"
FINAL = "final"
RESUME = "resume"
"""The state used only to resume."""
MOMENT = "%Y%m%dT%H%M%SZ"
NO_WORD = re.compile(r"\W+")
UNFIT = re.compile(r"[^\w.+=-]", re.ASCII)
LONGEST_LABEL = 100
ID = re.compile(r"\d{8}T\d{6}Z-[\w.+=-]+-[0-9a-f]{6}", re.ASCII)


def is_run(path: Path) -> bool:
    """Return whether a directory is a run."""
    return (path / CONFIG).is_file() or (path / MANIFEST).is_file()


def is_id(name: str) -> bool:
    """Return whether a name has the form that `new_path` gives."""
    return bool(ID.fullmatch(name))


def table_file(name: str) -> str:
    """Return a table's path in its run."""
    return f"{TABLES}/{name}.parquet"


def state_file(state: str) -> str:
    """Return a checkpoint's path in its run."""
    return f"{CHECKPOINTS}/{state}{CHECKPOINT}"


def stems(run: Path, like: str) -> list[str]:
    """Return what comes before the ending in the names of a run's files, but for hidden ones.

    Args:
        run: Its directory.
        like: A path in it, of which folder and ending count, such as ``table_file("")``.
    """
    folder, _, ending = like.rpartition("/")
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(run / folder) as entries:
        names = [entry.name for entry in entries if entry.name.endswith(ending)]
        return [name.removesuffix(ending) for name in names if not name.startswith(".")]
    return []


def moment_of(name: str) -> datetime | None:
    """Return when a run was made, to the second, by its directory's name; None if the name does not give it."""
    try:
        return datetime.strptime(name.partition("-")[0], MOMENT).replace(tzinfo=UTC) if name[0] == "2" else None
    except ValueError:
        return None


def new_path(root: Path, experiment: str, label: str) -> Path:
    """Return an unused path: time, experiment, label and six random digits."""
    name = f"{NO_WORD.sub('-', experiment)}-{UNFIT.sub('-', label)[:LONGEST_LABEL]}-{secrets.token_hex(3)}"
    return root / f"{_moment(root):{MOMENT}}-{name}"


def _moment(root: Path) -> datetime:
    """Return the time, or the second after the latest run's: a clock that was set back must not hide the latest run."""
    now = datetime.now(UTC).replace(microsecond=0)
    latest = max((moment_of(path.name) or now for path in root.iterdir()), default=now)
    return now if now >= latest else latest + timedelta(seconds=1)
