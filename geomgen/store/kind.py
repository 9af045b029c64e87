"""Kinds of runs: which ones a command can work on, so that ``latest`` can mean the latest of them."""

from collections.abc import Callable
from typing import NamedTuple

from geomgen.config.registry import MAKERS, NETWORKS
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


ANY = Kind("run", lambda _run: True)
FINISHED = Kind("finished run", lambda run: bool(run.finished))
REPEATABLE = Kind("complete run", lambda run: run.status == "complete" and run.experiment in MAKERS)
WITH_NETWORK = Kind(
    f"complete run of {' or '.join(NETWORKS)}", lambda run: run.status == "complete" and run.experiment in NETWORKS
)
"""What measures measure, and students learn from."""


def resumable(experiment: str) -> Kind:
    """Return the kind of run that an experiment can resume."""
    return Kind(
        f"run of {experiment} that can be resumed",
        lambda run: run.status in {UNFINISHED, "interrupted"} and run.experiment == experiment,
    )
