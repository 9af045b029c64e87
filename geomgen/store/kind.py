"""Kinds of runs: which ones a command can work on, so that ``latest`` can mean the latest of them."""

from collections.abc import Callable
from typing import NamedTuple

from geomgen.config.import_run import IMPORT
from geomgen.config.registry import MAKERS, NETWORKS
from geomgen.store.layout import FINAL, state_file
from geomgen.store.manifest import UNFINISHED
from geomgen.store.summary import Summary


class Kind(NamedTuple):
    """The runs that a command can work on.

    Attributes:
        name: What such a run is, for an error: ``complete run of train``.
        fits: Whether a run is one.
    """

    name: str
    fits: Callable[[Summary], bool]


def _has_final_state(run: Summary) -> bool:
    """Return whether a run has its trained network: an archive has left its checkpoints behind."""
    return (run.path / state_file(FINAL)).is_file()


def _is_repeatable(run: Summary) -> bool:
    is_made = run.status == "complete" and run.experiment in MAKERS
    return is_made and (run.experiment != IMPORT.name or _has_final_state(run))


def _holds_network(run: Summary) -> bool:
    return run.status == "complete" and run.experiment in NETWORKS and _has_final_state(run)


ANY = Kind("run", lambda _run: True)
FINISHED = Kind("finished run", lambda run: bool(run.finished))
REPEATABLE = Kind("complete run of an experiment, with what it was made from", _is_repeatable)
WITH_NETWORK = Kind(f"complete run of {' or '.join(NETWORKS)} with its checkpoints", _holds_network)
"""What measures measure, and students learn from."""


def resumable(experiment: str) -> Kind:
    """Return the kind of run that an experiment can resume."""
    return Kind(
        f"run of {experiment} that can be resumed",
        lambda run: run.status in {UNFINISHED, "interrupted"} and run.experiment == experiment,
    )
