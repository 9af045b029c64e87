"""The runs that a command works on."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from geomgen.errors import UsageError

if TYPE_CHECKING:
    from geomgen.store.kind import Kind
    from geomgen.store.run import Run


def selected_runs(names: list[str], runs_dir: Path, kind: "Kind | None" = None) -> "list[Run]":
    """Return the runs that names stand for; ``-`` stands for each line of standard input.

    Args:
        names: What the user wrote.
        runs_dir: Folder of runs.
        kind: The runs of which ``latest`` is the latest; any if not given.

    Raises:
        UsageError: If there are none.
    """
    from geomgen.store.catalog import find_run
    from geomgen.store.kind import ANY

    return [find_run(word, runs_dir, kind or ANY) for word in _words(names)]


def selected_states(names: list[str], runs_dir: Path) -> "list[tuple[Run, str]]":
    """Return the runs to measure that names stand for, each with the state of a checkpoint file, empty for the others.

    Raises:
        UsageError: If there are none.
    """
    from geomgen.store.catalog import find_run, find_state
    from geomgen.store.kind import WITH_NETWORK

    return [find_state(word) or (find_run(word, runs_dir, WITH_NETWORK), "") for word in _words(names)]


def _words(names: list[str]) -> list[str]:
    words = [word for name in names for word in (_from_stdin() if name == "-" else [name])]
    if not words:
        raise UsageError("No run was named on standard input.", "Pipe in the output of: geomgen train -q")
    return words


def selected_run(name: str, runs_dir: Path, kind: "Kind | None" = None) -> "Run":
    """Return the one run that a name stands for, with ``latest`` as in `selected_runs`.

    Raises:
        UsageError: If standard input names several.
    """
    runs = selected_runs([name], runs_dir, kind)
    if len(runs) > 1:
        raise UsageError(f"Standard input names {len(runs)} runs.", "Name one run only.")
    return runs[0]


def _from_stdin() -> list[str]:
    return [line.strip() for line in sys.stdin if line.strip()]
