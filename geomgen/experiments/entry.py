"""The functions that an experiment's record names, imported on first use."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from geomgen.config.experiment import Experiment

if TYPE_CHECKING:
    from geomgen.experiments.work import Work
    from geomgen.measures.at_state import AtState, Rows
    from geomgen.store.run import Run


def function(path: str) -> Callable[..., Any]:
    """Return the function of a ``module:function`` of this package."""
    return _imported(__package__, path)


def _imported(package: str, path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"{package}.{module}"), name)
    return found


def maker(experiment: Experiment) -> "Callable[..., Run]":
    """Return the function that makes a run: ``(config, runs_dir, *, reuse, progress)``."""
    return function(experiment.make)


def measure(experiment: Experiment) -> Callable[..., Sequence[Any]]:
    """Return the function that measures a run: ``(run, config, *, reuse, progress)`` -> new rows of its first table."""
    return function(experiment.measure)


def rows_of(experiment: Experiment) -> "Callable[[AtState], Rows]":
    """Return the function that makes the rows of one state of a measure of derivatives."""
    return _imported("geomgen.measures", experiment.rows)


def resumer(experiment: Experiment) -> "Callable[..., Run]":
    """Return the function that resumes an unfinished run: ``(run, *, data, progress)``."""
    return function(experiment.resume)


def cost(experiment: Experiment) -> "Callable[..., Work] | None":
    """Return the function that estimates time and memory; None if neither is known.

    It takes the config that makes a run, or the config of a measure and that of the run.
    """
    return function(experiment.cost) if experiment.cost else None


def remarks(experiment: Experiment, run: "Run") -> list[str]:
    """Return remarks on a finished run that its tables do not show."""
    return list(function(experiment.remarks)(run)) if experiment.remarks else []
