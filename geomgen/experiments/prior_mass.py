"""``geomgen prior-mass``: how probable it is that a network fits before it is trained."""

from dataclasses import replace
from pathlib import Path

from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL, SAMPLING, SPLITTING, PriorMassConfig
from geomgen.data.targets import target_of
from geomgen.experiments.machine import BASE_BYTES, cpu_device, num_cores, require_memory
from geomgen.experiments.new_run import run_of_tables
from geomgen.experiments.work import ORTHANT_CALLS, Work
from geomgen.measures.prior_mass import Known, require_possible, rows
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.numerics.splitting import FIRST_MOVES
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

FLOAT_BYTES, DOUBLE_BYTES, COPIES = 4, 8, 4
MOVE_CALLS = 4
"""Layer calls that proposing and accepting a move of splitting takes as long as."""
REMEDY = "Give fewer --train-size, --particles or --threads, or a smaller --hidden."


def prior_mass(config: PriorMassConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Estimate ln P(S), the prior mass of zero error on a target's known values, in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called now and then.

    Returns:
        The finished run, with table ``prior_mass``.

    Raises:
        UsageError: If the work does not fit in memory, no network fits, or no route reaches the mass.
    """
    device = cpu_device(config.device, "prior-mass", "blocks of networks are to fit a processor's cache")
    config = replace(config.filled(), threads=config.threads or num_cores(), device=device)
    require_memory(work(config).memory, f"--hidden {config.hidden} with {config.train_size:,} known values", REMEDY)
    target = target_of(config, generator(config.seed, "target"))
    known = Known(target.inputs[target.known], target.values[target.known])
    require_possible(known, config)
    label = f"{config.target}-{config.hidden.replace(',', '-')}-m{config.train_size}-s{config.seed}"
    with fast_float32(1):
        return run_of_tables(
            config,
            label,
            {"num_parameters": RandomNetworks(known.inputs, config).num_parameters},
            runs_dir,
            lambda: {"prior_mass": rows(known, config, progress)},
            reuse=reuse,
            progress=progress,
        )


def work(config: PriorMassConfig) -> Work:
    """Return the memory of blocks and particles, and the work of each route.

    Splitting is taken for as many levels as known values, since each of these halves the mass of a random target, and
    for all moves that it may take.
    """
    config = config.filled()
    routes, known = config.route or (), config.train_size or 1
    networks = RandomNetworks.outline(config, known)
    numbers = networks.numbers_per_network
    draws = {
        SAMPLING: config.draws,
        RAO_BLACKWELL: config.kernels,
        SPLITTING: _num_moves(config) * config.particles,
        INFINITE_WIDTH: 0,
    }
    drawn = sum(draws[route] for route in routes)
    blocks = (config.threads or num_cores()) * 3 * FLOAT_BYTES * networks.block * numbers
    particles = COPIES * DOUBLE_BYTES * config.particles * numbers * (SPLITTING in routes)
    orthants = (config.kernels * (RAO_BLACKWELL in routes) + 10) * known * ORTHANT_CALLS
    return Work(
        BASE_BYTES + blocks + particles,
        2.0 * drawn * networks.num_parameters * known,
        40.0 * drawn * networks.num_parameters,
        drawn / networks.block + orthants + _num_moves(config) * (len(networks.layers) + MOVE_CALLS),
    )


def _num_moves(config: PriorMassConfig) -> int:
    """Return how often splitting moves all particles, in all replicates."""
    per_level = 2 * config.most_moves - FIRST_MOVES
    return config.replicates * (config.train_size or 1) * per_level * (SPLITTING in (config.route or ()))
