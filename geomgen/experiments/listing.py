"""``geomgen ls``, ``show``, ``verify`` and ``gc``: which runs there are, their contents and whether they are sound."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.registry import EXPERIMENTS
from geomgen.errors import DataError, UsageError
from geomgen.experiments.run_filter import Where
from geomgen.fields import CODE_DIGEST
from geomgen.models.code import replaced_files
from geomgen.progress import OnProgress, silent
from geomgen.report.commands import commands_of
from geomgen.store.catalog import runs, summaries
from geomgen.store.leftovers import Leftover
from geomgen.store.run import Run
from geomgen.store.summary import Summary
from geomgen.store.verify import Finding, verify
from geomgen.sweep.library import find_recipes
from geomgen.sweep.plan import EXPERIMENT as SWEEP

OPTIONS = ("arch", "width", "seed", "epochs")
FOLDER = "folder"
"""Column with the names of folders or links, where one is not that of its run."""
COLUMNS = ("run_id", "status", "experiment", *OPTIONS, "tables")


def listing(runs_dir: Path, where: Where | None = None) -> pd.DataFrame:
    """Return one row per run of a folder, oldest first; a damaged one has the status damaged.

    Args:
        runs_dir: Folder of runs.
        where: Which runs, by these columns and their options; the options that it names become columns as well.

    Raises:
        UsageError: If it names something that no run and no experiment has.
    """
    chosen = [line for _, line in _chosen(runs_dir, where)]
    renamed = [FOLDER] if any(line[FOLDER] != line["run_id"] for line in chosen) else []
    columns = dict.fromkeys([*COLUMNS, *renamed, *(where.names if where else ())])
    cells = [{name: _cell(line.get(name)) for name in columns} for line in chosen]
    return pd.DataFrame(cells, columns=list(columns), dtype=object)


def chosen_runs(runs_dir: Path, where: Where | None = None) -> list[Run]:
    """Return the runs of a folder that a condition chooses, oldest first.

    Args:
        runs_dir: Folder of runs.
        where: Which runs, by the columns of `listing` and their options; all of them if not given.

    Raises:
        UsageError: If it names something that no run and no experiment has.
    """
    return [run.run() for run, _ in _chosen(runs_dir, where)] if where else runs(runs_dir)


def _chosen(runs_dir: Path, where: Where | None) -> list[tuple[Summary, dict[str, Any]]]:
    """Return the runs that a condition chooses, each with its options and columns."""
    found = [(run, _line(run)) for run in summaries(runs_dir)]
    if where is None:
        return found
    where.require_known([*COLUMNS, *_options(), *(name for _, line in found for name in line)])
    return [(run, line) for run, line in found if where.matches(line)]


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _options() -> set[str]:
    return {name for record in EXPERIMENTS.values() for name in option_docs(record.config)}


def _line(run: Summary) -> dict[str, Any]:
    """Return a run's options, overridden by its columns."""
    about: dict[str, Any] = {"run_id": run.id, "status": run.status, FOLDER: run.path.name}
    if run.is_sound:
        about |= {"experiment": run.experiment, "tables": run.tables}
    return {**run.config, **about}


def description(run: Run) -> dict[str, Any]:
    """Return a description of a run, as JSON values.

    Raises:
        DataError: If one of its files is damaged.
    """
    return {
        "run": run.id,
        "status": run.status,
        "reason": run.reason,
        "experiment": run.experiment,
        "config": run.config,
        "facts": run.facts,
        "environment": run.environment,
        "states": run.states,
        "tables": {name: {"rows": len(run.table(name))} for name in run.tables},
        "measures": list(run.measures),
        "commands": _commands(run),
    }


def _commands(run: Run) -> list[str]:
    """Return the commands that made and measured a run, as they can be typed in this folder.

    A sweep's is known if its recipes are those of the package.
    """
    if run.experiment != SWEEP:
        return commands_of(run, str(run.path))
    recipes = run.config.get("recipes", [])
    names = [str(recipe["name"]) for recipe in recipes]
    with suppress(UsageError):
        if names and [recipe.to_mapping() for recipe in find_recipes(names)] == recipes:
            return [shlex.join(["geomgen", "sweep", *names])]
    return []


def findings(selected: Sequence[Run], *, progress: OnProgress = silent) -> pd.DataFrame:
    """Return the findings of `verify`, and which files of users' own networks have changed, one row each."""
    found = verify(selected, progress=progress)
    return _frame(Finding, [*found, *(finding for run in selected for finding in _changed_code(run))])


def _changed_code(run: Run) -> Iterator[Finding]:
    """Yield the files of a run's own network that have been replaced since."""
    with suppress(DataError):
        for path in replaced_files(run.facts.get(CODE_DIGEST, {})):
            yield Finding(run.id, run.status, "changed: the run was made with different content", path)


def removable(found: Sequence[Leftover]) -> pd.DataFrame:
    """Return the findings of `leftovers`, one row each."""
    return _frame(Leftover, found)


def _frame(kind: type, items: Sequence[Any]) -> pd.DataFrame:
    return pd.DataFrame(items, columns=[field.name for field in fields(kind)])
