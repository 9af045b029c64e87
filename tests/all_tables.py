"""``make all-tables`` as a person would type it, with the programs of this environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def all_tables(recipe: Path, runs_dir: Path, **variables: object) -> subprocess.CompletedProcess[str]:
    """Make all tables of a recipe, and return how that ended, with all that was written.

    Args:
        recipe: The recipe.
        runs_dir: Folder for its runs and the page.
        variables: Other variables of the Makefile.
    """
    given = {"BIN": Path(sys.executable).parent, "SCALE": recipe, "RUNS_DIR": runs_dir, **variables}
    words = [
        "--no-print-directory",
        "--old-file=install",
        "all-tables",
        *(f"{name}={it}" for name, it in given.items()),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        ["make", *words], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
