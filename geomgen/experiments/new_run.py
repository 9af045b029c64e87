"""The run that an experiment works in: a new one, or an earlier one with the same request."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from geomgen.config.base import Config
from geomgen.config.registry import record_of
from geomgen.errors import GeomgenError, InterruptedRunError
from geomgen.experiments.content import data_remarks
from geomgen.fields import Columns
from geomgen.progress import OnProgress
from geomgen.store.reuse import EarlierRuns, best_run, discard, reserved_run
from geomgen.store.run import Run, create_run

Tables = Mapping[str, Sequence[Any]]
"""Rows of one dataclass per table, by name of the table."""


@contextmanager
def reserved(
    config: Config, label: str, facts: Mapping[str, Any], runs_dir: Path, *, reuse: bool, progress: OnProgress
) -> Iterator[Run]:
    """Make a run, or continue an earlier one, and keep other processes from changing it.

    Args:
        config: Resolved options; their type identifies the experiment.
        label: Short description for the directory's name.
        facts: What was found out before the start.
        runs_dir: Folder of runs.
        reuse: Whether to use an earlier run with the same options, data and code.
        progress: Called while waiting for a run.

    Yields:
        The run; its lock is held unless it is complete.
    """
    name = record_of(config).name

    def find() -> Run | None:
        return best_run(EarlierRuns(runs_dir).of(name, config, facts)) if reuse else None

    def make() -> Run:
        run = create_run(runs_dir, name, label, config.to_mapping(), facts)
        for remark in chain.from_iterable(data_remarks([config]).values()):
            run.log(f"data: {remark}")
        return run

    def wait(run: Run) -> None:
        progress(0, 1, f"waiting for another process to finish {run.id}")

    with reserved_run(runs_dir, find, make, wait) as run:
        yield run


def run_of_tables(
    config: Config,
    label: str,
    facts: Mapping[str, Any],
    runs_dir: Path,
    make: Callable[[], Mapping[str, Sequence[Any] | Columns]],
    *,
    reuse: bool,
    progress: OnProgress,
) -> Run:
    """Return a finished run that consists of tables only, for an experiment that keeps no network.

    If an error says that these cannot be made, it leaves no run behind.

    Args:
        config: Resolved options; their type identifies the experiment.
        label: Short description for the directory's name.
        facts: What was found out before the start.
        runs_dir: Folder of runs.
        make: Makes the rows of each table, by its name.
        reuse: Whether to return a finished run with the same options, data and code.
        progress: Called while waiting for a run.
    """
    with reserved(config, label, facts, runs_dir, reuse=reuse, progress=progress) as run:
        if run.status != "complete":
            for table, rows in _computed(run, make).items():
                run.add_rows(table, rows)
            run.finish("complete")
    return run


def _computed(
    run: Run, make: Callable[[], Mapping[str, Sequence[Any] | Columns]]
) -> Mapping[str, Sequence[Any] | Columns]:
    """Return the tables; a run whose work turns out to be impossible is removed, since nothing can go on with it."""
    try:
        return make()
    except InterruptedRunError:
        raise
    except GeomgenError:
        discard(run)
        raise
