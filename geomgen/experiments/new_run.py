"""The run that an experiment works in: a new one, or an earlier one of the same config."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from geomgen.config.base import Config
from geomgen.experiments.progress import OnProgress
from geomgen.store.reuse import EarlierRuns, best_run, reserved_run
from geomgen.store.run import Run, create_run

Tables = Mapping[str, Sequence[Any]]
"""Rows of one dataclass each, by name of table."""


@contextmanager
def reserved(
    name: str,
    config: Config,
    label: str,
    facts: Mapping[str, Any],
    runs_dir: Path,
    *,
    reuse: bool,
    progress: OnProgress,
) -> Iterator[Run]:
    """Make a run, or take up an earlier one, and keep other processes from changing it.

    Args:
        name: The words of the experiment's subcommand.
        config: Resolved options.
        label: Short description for the directory's name.
        facts: What was found out before the start; an earlier run must have the same.
        runs_dir: Folder of runs.
        reuse: Whether an earlier run of the same config and facts is taken up.
        progress: Told of a run that is waited for.

    Yields:
        The run; its lock is held unless it is complete.
    """

    def find() -> Run | None:
        same = EarlierRuns(runs_dir).of(name, config) if reuse else []
        return best_run(run for run in same if run.facts == facts)

    def make() -> Run:
        return create_run(runs_dir, name, label, config.to_mapping(), facts)

    def wait(run: Run) -> None:
        progress(0, 1, f"waiting for another process to end {run.id}")

    with reserved_run(runs_dir, find, make, wait) as run:
        yield run


def run_of_tables(
    name: str,
    config: Config,
    label: str,
    facts: Mapping[str, Any],
    runs_dir: Path,
    make: Callable[[], Tables],
    *,
    reuse: bool,
    progress: OnProgress,
) -> Run:
    """Return a finished run that is its tables, of an experiment that keeps no network.

    Args:
        name: The words of the experiment's subcommand.
        config: Resolved options.
        label: Short description for the directory's name.
        facts: What was found out before the start.
        runs_dir: Folder of runs.
        make: Makes the rows of each table, by its name.
        reuse: Whether a finished run of the same config and facts is returned instead.
        progress: Told of a run that is waited for.
    """
    with reserved(name, config, label, facts, runs_dir, reuse=reuse, progress=progress) as run:
        if run.status != "complete":
            for table, rows in make().items():
                run.add_rows(table, rows)
            run.finish("complete")
    return run
