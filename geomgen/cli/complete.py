"""What the shell completes: names of runs and recipes, and the words that an option takes."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LATEST = "latest"


def complete_runs(ctx: Any, incomplete: str) -> list[str]:
    """Return the runs whose name, or path, begins like this: those of --runs-dir, or of the folder that is named."""
    from geomgen.store.layout import is_run

    folder, slash, start = incomplete.rpartition("/")
    root = Path(f"{folder}{slash}" if slash else ctx.params.get("runs_dir") or "runs")
    try:
        names = sorted(entry.name for entry in os.scandir(root) if entry.name.startswith(start))
    except OSError:
        names = []
    found = [f"{folder}{slash}{name}" for name in names if not name.startswith(".") and is_run(root / name)]
    return [*found, *([LATEST] if LATEST.startswith(incomplete) else [])]


def complete_recipes(incomplete: str) -> list[str]:
    """Return the recipes of the package, and the sets of them, whose names begin like this."""
    from geomgen.sweep.library import shipped_recipes

    recipes = shipped_recipes()
    sets = {name.partition("/")[0] for name in recipes}
    return [name for name in sorted({*sets, *recipes}) if name.startswith(incomplete)]


def complete_words(words: Sequence[str]) -> Callable[[str], list[str]]:
    """Return what completes one of these words."""

    def complete(incomplete: str) -> list[str]:
        return [word for word in words if word.startswith(incomplete)]

    return complete
