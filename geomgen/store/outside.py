"""What commands write stays outside runs, whose files are listed and checked."""

from pathlib import Path

from geomgen.errors import GeomgenError, UsageError
from geomgen.store.description import read_description
from geomgen.store.layout import CONFIG, FIGURES, is_run, moment_of


def require_outside_runs(folder: Path, flag: str) -> None:
    """Refuse a folder that is a run or in one, except in its folder of figures.

    Args:
        folder: Where a command would write.
        flag: The option that names it.

    Raises:
        UsageError: If it is.
    """
    whole = folder.resolve()
    for path in (whole, *whole.parents):
        if _is_really_run(path) and whole.relative_to(path).parts[:1] != (FIGURES,):
            raise UsageError(f"{flag} {folder} is in the run {path.name}.", "Choose a folder outside of runs.")


def _is_really_run(path: Path) -> bool:
    """Return whether a folder is a run, and does not merely have a ``config.json`` of something else."""
    if not is_run(path):
        return False
    try:
        return bool(moment_of(path.name) or read_description(path / CONFIG))
    except GeomgenError:
        return False
