"""``geomgen modified-flow``: which flow a step of gradient descent follows."""

from pathlib import Path

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.progress import OnProgress, silent
from geomgen.measures.modified_flow import modified_flow as measure
from geomgen.store.run import Run

NAME = "modified-flow"


def modified_flow(
    config: ModifiedFlowConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent
) -> Run:
    """Hold steps of gradient descent against flows in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether a finished run of the same config is returned instead.
        progress: Told when it is done.

    Returns:
        The finished run, with tables ``modified_flow`` and ``modified_flow_orders``.

    Raises:
        UsageError: If a flow cannot be followed, or errors vanish in rounding.
    """
    config = config.filled()

    def make() -> Tables:
        rows, orders = measure(config)
        progress(1, 1, "orders fitted")
        return {"modified_flow": rows, "modified_flow_orders": orders}

    label = f"{config.problem}-s{config.seed}"
    return run_of_tables(NAME, config, label, {}, runs_dir, make, reuse=reuse, progress=progress)
