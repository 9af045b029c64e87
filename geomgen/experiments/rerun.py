"""``geomgen rerun``: the same config and measures once more, in a new run."""

from pathlib import Path

from geomgen.config.registry import MAKERS, MEASURES
from geomgen.errors import DataError
from geomgen.experiments.content import found_again
from geomgen.experiments.entry import maker, measure
from geomgen.experiments.load_run import require_same_content
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.sweep.plan import EXPERIMENT as SWEEP


def rerun(run: Run, runs_dir: Path, *, data: str | None = None, progress: OnProgress = silent) -> Run:
    """Run and measure again according to a run's config and manifest.

    Args:
        run: A complete run; it is not changed.
        runs_dir: Folder for the new run.
        data: Path of the run's data set; searched for if not given.
        progress: Called after every step.

    Returns:
        The new run. On the same machine type, torch version and thread count its tables equal the old one's, except for
        run id and wall times.

    Raises:
        DataError: If the run is not complete, or of an experiment that this version does not have; or if its data,
            teacher or code have changed or are missing.
    """
    if run.status != "complete":
        raise DataError(f"{run.id} is {run.status}.", "Only a complete run can be rerun.")
    made, measured = run.experiment, [past["experiment"] for past in run.measures]
    for name, known in ((made, MAKERS), *((name, MEASURES) for name in measured)):
        if name not in known:
            raise DataError(f"{run.id} uses experiment '{name}', which cannot be rerun.", _remedy(name))
    require_same_content(run, data)
    config = found_again(MAKERS[made].config.from_mapping(run.config, run.id), run, data)
    new = maker(MAKERS[made])(config, runs_dir, progress=progress)
    for past in run.measures:
        record = MEASURES[past["experiment"]]
        measure(record)(new, record.config.from_mapping(past["config"], run.id), progress=progress)
    return new


def _remedy(experiment: str) -> str:
    if experiment == SWEEP:
        return "A sweep is made again with: geomgen sweep RECIPE --only all"
    return "Use the version of geomgen that made this run."
