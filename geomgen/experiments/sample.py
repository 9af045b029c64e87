"""``geomgen sample``: the functions that networks compute before training."""

from dataclasses import replace
from pathlib import Path

from geomgen.config.sample import SampleConfig
from geomgen.data.targets import task_inputs
from geomgen.experiments.machine import BASE_BYTES, GIB, cpu_device, num_cores, require_memory
from geomgen.experiments.new_run import run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures.functions import functions
from geomgen.models.random_networks import RandomNetworks
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

FLOAT_BYTES = 4
REMEDY = "Give less --memory, fewer --inputs, --images or --threads, or a smaller --hidden."


def sample(config: SampleConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Draw networks and count their functions, in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after every chunk of networks.

    Returns:
        The finished run, with tables ``function_summary``, ``function_frequencies`` and ``function_growth``.

    Raises:
        UsageError: If the work does not fit in memory, or the images cannot be pooled so.
    """
    device = cpu_device(config.device, "sample", "blocks of networks are to fit a processor's cache")
    config = replace(config.filled(), threads=config.threads or num_cores(), device=device)
    require_memory(work(config).memory, f"--memory {config.memory:g} with {config.num_inputs:,} inputs", REMEDY)
    networks = RandomNetworks(task_inputs(config), config)
    label = f"{config.task}-{config.hidden.replace(',', '-')}-s{config.seed}"
    with fast_float32(1):
        return run_of_tables(
            config,
            label,
            {"num_parameters": networks.num_parameters},
            runs_dir,
            lambda: functions(networks, config, progress),
            reuse=reuse,
            progress=progress,
        )


def work(config: SampleConfig) -> Work:
    """Return the memory of counting and of a block per worker, and the work of random numbers and products."""
    config = config.filled()
    networks = RandomNetworks.outline(config, config.num_inputs)
    weights = networks.num_parameters
    per_worker = 3 * FLOAT_BYTES * networks.block * networks.numbers_per_network
    memory = int(config.memory * GIB) + (config.threads or num_cores()) * per_worker
    calls = config.draws / networks.block
    return Work(
        BASE_BYTES + memory, 2.0 * config.draws * weights * config.num_inputs, 40.0 * config.draws * weights, calls
    )
