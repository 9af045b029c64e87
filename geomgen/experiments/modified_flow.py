"""``geomgen modified-flow``: which flow a step of gradient descent follows."""

from dataclasses import replace
from pathlib import Path

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.experiments.machine import BASE_BYTES, chosen_device, float64_device, num_cores
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures.modified_flow import modified_flow as measure
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32


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
    threads, device = config.threads or num_cores(), float64_device(chosen_device(config.device))
    config = replace(config.filled(), threads=threads, device=device)

    def make() -> Tables:
        rows, orders = measure(config)
        progress(1, 1, "orders fitted")
        return {"modified_flow": rows, "modified_flow_orders": orders}

    label = f"{config.problem}-s{config.seed}"
    with fast_float32(threads, device):
        return run_of_tables(config, label, {}, runs_dir, make, reuse=reuse, progress=progress)


def work(_config: ModifiedFlowConfig) -> Work:
    """Return the work of the flows, which take no memory to speak of and as long as their stiffness makes them."""
    return Work(BASE_BYTES)
