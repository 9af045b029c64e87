"""``geomgen minima``: the minima that many networks find, and how much volume each one has."""

from dataclasses import replace
from pathlib import Path

from geomgen.config.minima import MinimaConfig
from geomgen.errors import UsageError
from geomgen.experiments.exact_fit import require_freedom
from geomgen.experiments.machine import BASE_BYTES, cpu_device, num_cores, require_memory
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures.minima import BLOCK, rows
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

FLOAT_BYTES, COPIES, USUAL_STEPS = 8, 8, 300
FEWEST_MINIMA = 10


def minima(config: MinimaConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Train many networks to fit exactly and measure the volume of each minimum, in a new run directory.

    Args:
        config: Options.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after every block of networks.

    Returns:
        The finished run, with table ``minima``.

    Raises:
        UsageError: If the network cannot fit so many values, hardly any comes to fit, or the work does not fit in
            memory.
    """
    device = cpu_device(config.device, "minima", "it solves small systems of equations in float64")
    threads = config.threads or num_cores()
    config = replace(config, threads=threads, device=device)
    require_freedom(config)
    require_memory(work(config).memory, f"--networks {config.networks} of --width {config.width}", "Choose fewer.")
    label = f"{config.target}-w{config.width}-n{config.train_size}-s{config.seed}"
    facts = {"num_parameters": config.num_parameters}
    with fast_float32(threads):
        return run_of_tables(
            config, label, facts, runs_dir, lambda: _tables(config, progress), reuse=reuse, progress=progress
        )


def _tables(config: MinimaConfig, progress: OnProgress) -> Tables:
    found = rows(config, progress)
    if len(found) < FEWEST_MINIMA:
        raise UsageError(
            f"Of {config.networks} networks only {len(found)} could be trained to fit exactly, and "
            f"{FEWEST_MINIMA} are needed.",
            "Choose a larger --width, or a smaller --train-size.",
        )
    return {"minima": found}


def work(config: MinimaConfig) -> Work:
    """Return the memory of a block's Jacobians, and the work of two of them per step of gradient flow."""
    per_pass = float(config.train_size * config.num_parameters)
    passes = 2.0 * USUAL_STEPS * config.train_size * config.networks
    memory = BASE_BYTES + int(FLOAT_BYTES * COPIES * BLOCK * per_pass)
    calls = 20.0 * USUAL_STEPS * config.train_size * -(-config.networks // BLOCK)
    return Work(memory, flops=6.0 * passes * per_pass, traffic=16.0 * passes * per_pass, calls=calls)
