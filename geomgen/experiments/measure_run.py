"""The common steps of every measure of a finished run: whether to begin, how to compute, where to store the rows."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from geomgen.config.import_run import IMPORT, ImportConfig
from geomgen.config.measure import MeasureConfig
from geomgen.config.registry import NETWORKS, record_of
from geomgen.errors import DataError
from geomgen.experiments.machine import chosen_device, num_cores
from geomgen.experiments.new_run import Tables
from geomgen.store.advice import how_to_finish, how_to_list, how_to_restore
from geomgen.store.layout import FINAL
from geomgen.store.reuse import was_measured
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

Options = TypeVar("Options", bound=MeasureConfig)


def require_measurable(run: Run, measure: str) -> None:
    """Refuse to measure a run that holds no network, or that is not complete.

    Raises:
        DataError: If it is of another experiment, or unfinished, interrupted or failed.
    """
    if run.experiment not in NETWORKS:
        names = " or ".join(NETWORKS)
        raise DataError(
            f"{run.id} is a run of {run.experiment}, which holds no network for {measure} to measure.",
            f"Name a complete run of {names}, or 'latest' for the latest of them. {how_to_list(run.runs_dir)}",
        )
    if run.status == "failed":
        raise DataError(f"{run.id} failed: {run.reason}", "Measure a run that is complete.")
    if run.status != "complete":
        raise DataError(f"{run.id} is {run.status}.", how_to_finish(run.experiment, run.path))


def _require_checkpoints(run: Run, measure: str, states: tuple[str, ...]) -> None:
    """Refuse an archive, and a run without one of the states, before any is measured."""
    if run.state_sha256(FINAL) is None:
        raise DataError(
            f"{run.id} is an archive: it has no checkpoints for {measure} to measure.",
            how_to_restore(run.experiment, run.path),
        )
    for state in states:
        run.require_state(state)


def _states(run: Run, config: MeasureConfig) -> tuple[str, ...]:
    """Return the states to measure: of the default ones, those that the run was imported with."""
    if run.experiment == IMPORT.name and config.state == type(config).state:
        imported = ImportConfig.from_mapping(run.config, run.id).files()
        return tuple(state for state in config.state if state in imported)
    return config.state


def measured(run: Run, config: Options, compute: Callable[[Options], Tables], *, reuse: bool) -> Tables:
    """Measure a run and add the rows to its tables, replacing those with the same key columns.

    Args:
        run: A finished run.
        config: Options of the measure; their type identifies it.
        compute: Makes the rows of at least one table from the config with its device and threads filled in.
        reuse: Whether to do nothing if the run has already been measured with this config.

    Returns:
        The new measurements; empty if there are none.

    Raises:
        DataError: If the run is of another experiment, unfinished, failed, damaged or an archive, or has no such state.
    """
    name = record_of(config).name
    require_measurable(run, name)
    config = replace(config, state=_states(run, config))
    if reuse and was_measured(run, name, config):
        return {}
    _require_checkpoints(run, name, config.state)
    threads, device = config.threads or num_cores(), chosen_device(config.device)
    config = replace(config, threads=threads, device=device)
    with fast_float32(threads, device):
        tables = compute(config)
    *others, last = tables
    with run.lock(wait=True):
        for table in others:
            run.add_rows(table, tables[table])
        run.add_rows(last, tables[last], {"experiment": name, "config": replace(config, data=None).to_mapping()})
    return tables
