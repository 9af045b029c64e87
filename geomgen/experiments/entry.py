"""The functions that an experiment's record names, imported when they are first asked for."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from geomgen.config.experiment import Experiment

if TYPE_CHECKING:
    from geomgen.experiments.work import Work
    from geomgen.store.run import Run


def function(path: str) -> Callable[..., Any]:
    """Return the function of a ``module:function`` of this package."""
    module, _, name = path.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"{__package__}.{module}"), name)
    return found


def maker(experiment: Experiment) -> "Callable[..., Run]":
    """Return the function that makes a run: ``(config, runs_dir, *, reuse, progress)``."""
    return function(experiment.make)


def measure(experiment: Experiment) -> Callable[..., Sequence[Any]]:
    """Return the function that measures a run: ``(run, config, *, reuse, progress)`` -> new rows of its first table."""
    return function(experiment.measure)


def resumer(experiment: Experiment) -> "Callable[..., Run]":
    """Return the function that goes on with an unfinished run: ``(run, *, data, progress)``."""
    return function(experiment.resume)


def cost(experiment: Experiment) -> "Callable[..., Work] | None":
    """Return the function that estimates time and memory; None if nothing is known of them.

    It takes the config that makes a run, or the config of a measure and that of the run.
    """
    return function(experiment.cost) if experiment.cost else None


def remarks(experiment: Experiment, run: "Run") -> list[str]:
    """Return what a person should know of a finished run beside its tables."""
    return list(function(experiment.remarks)(run)) if experiment.remarks else []
