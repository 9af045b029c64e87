"""``geomgen llc``: the local learning coefficient of a run's network, or of a potential."""

from dataclasses import replace
from pathlib import Path

from geomgen.config.llc import LlcConfig
from geomgen.errors import UsageError
from geomgen.experiments.machine import chosen_device, num_cores
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.measures.llc import coefficient, of_potential
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32


def llc(config: LlcConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Measure the learning coefficient of a potential in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called as the chains go on.

    Returns:
        The finished run, with tables ``llc`` and ``llc_trace``.

    Raises:
        UsageError: If no potential is named, or the sampler has no default step there.
    """
    if config.potential is None:
        raise UsageError("Neither a RUN nor a --potential is named.", "Name the run to measure, or give --potential.")
    threads = config.threads or num_cores()
    config = replace(config.filled(), threads=threads, device=chosen_device(config.device))

    def make() -> Tables:
        row, trace = coefficient(config, of_potential(config), progress)
        return {"llc": [row], "llc_trace": trace}

    with fast_float32(threads, config.device):
        return run_of_tables(
            config, f"{config.potential}-s{config.seed}", {}, runs_dir, make, reuse=reuse, progress=progress
        )
