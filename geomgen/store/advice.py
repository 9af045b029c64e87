"""What to do about a run, as a command that can be typed as it is."""

import shlex
from pathlib import Path

from geomgen.config.import_run import IMPORT
from geomgen.config.registry import MAKERS


def how_to_list(root: str | Path = "runs") -> str:
    """Return how to see the runs of a folder."""
    if str(root) == "runs":
        return "List runs with: geomgen ls"
    return f"List runs with: geomgen ls --runs-dir {shlex.quote(str(root))}"


def how_to_finish(experiment: str, path: Path) -> str:
    """Return what to do about a run of an experiment that is unfinished or interrupted."""
    maker = MAKERS.get(experiment)
    if maker and maker.resume:
        return f"Finish it with: geomgen {maker.name} --resume {shlex.quote(str(path))}"
    return "It cannot be resumed: make it again, with the same command."


def how_to_restore(experiment: str, path: Path) -> str:
    """Return where the checkpoints of an archive can be had."""
    told = "Name the run that it was made from"
    if experiment == IMPORT.name:
        return f"{told}, or import its files again."
    return f"{told}, or make it again with: geomgen rerun {shlex.quote(str(path))}"
