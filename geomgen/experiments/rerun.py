"""``geomgen rerun``: the same config and measures once more, in a new run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from geomgen.config.registry import MAKES_RUN, MEASURES_RUN
from geomgen.errors import DataError
from geomgen.experiments.emc import emc
from geomgen.experiments.jacobian import jacobian
from geomgen.experiments.modified_flow import modified_flow
from geomgen.experiments.probe_activations import probe_activations
from geomgen.experiments.progress import OnProgress, silent
from geomgen.experiments.regress import PREPARE, regress
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.run import Run
from geomgen.sweep.plan import EXPERIMENT as SWEEP

MAKERS: dict[str, Callable[..., Run]] = {
    "train": train,
    "modified-flow": modified_flow,
    "emc": emc,
    **dict.fromkeys(PREPARE, regress),
}
MEASURES: dict[str, Callable[..., Any]] = {
    "volume": volume,
    "probe-activations": probe_activations,
    "jacobian": jacobian,
}


def rerun(run: Run, runs_dir: Path, *, progress: OnProgress = silent) -> Run:
    """Run and measure again as a run's config and manifest say.

    Args:
        run: A complete run; it is not changed.
        runs_dir: Where the new run shall stand.
        progress: Told of every step.

    Returns:
        The new run. On the same machine type, torch version and thread count its tables equal the old one's, but for
        run id and wall times.

    Raises:
        DataError: If the run is not complete, or of an experiment that this geomgen does not have.
    """
    if run.status != "complete":
        raise DataError(f"{run.id} is {run.status}.", "Only a complete run can be made again.")
    for name in (run.experiment, *(measure["experiment"] for measure in run.measures)):
        if name not in {**MAKERS, **MEASURES}:
            raise DataError(f"{run.id} has an experiment '{name}'.", _remedy(name))
    config = MAKES_RUN[run.experiment].from_mapping(run.config, run.id)
    new = MAKERS[run.experiment](config, runs_dir, progress=progress)
    for measure in run.measures:
        name = measure["experiment"]
        MEASURES[name](new, MEASURES_RUN[name].from_mapping(measure["config"], run.id), progress=progress)
    return new


def _remedy(experiment: str) -> str:
    if experiment == SWEEP:
        return "A sweep is made again with: geomgen sweep RECIPE --only all"
    return "Use the geomgen that made this run."
