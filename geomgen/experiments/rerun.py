"""``geomgen rerun``: the same config and measures once more, in a new run."""

from pathlib import Path

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError
from geomgen.experiments.machine import OnProgress, silent
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.run import Run


def rerun(run: Run, runs_dir: Path, *, progress: OnProgress = silent) -> Run:
    """Train and measure again as a run's config and manifest say.

    Args:
        run: A complete run; it is not changed.
        runs_dir: Where the new run shall stand.
        progress: Told of every step.

    Returns:
        The new run. On the same machine type, torch version and thread count its tables equal the old one's, but for
        run id and wall times.

    Raises:
        DataError: If the run is not complete.
    """
    if run.status != "complete":
        raise DataError(f"{run.id} is {run.status}.", "Only a complete run can be made again.")
    new = train(TrainConfig.from_mapping(run.config, run.id), runs_dir, progress=progress)
    for measure in run.measures:
        volume(new, VolumeConfig.from_mapping(measure["config"], run.id), progress=progress)
    return new
