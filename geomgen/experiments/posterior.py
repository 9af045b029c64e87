"""``geomgen posterior``: the functions that training finds, beside those of the posterior."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from geomgen.config.architecture import NORMAL
from geomgen.config.posterior import AUTO, LIMIT, REJECTION, SLICE, PosteriorConfig
from geomgen.data.targets import Target, target_of
from geomgen.errors import UsageError
from geomgen.experiments.machine import BASE_BYTES, cpu_device, num_cores, require_memory
from geomgen.experiments.new_run import run_of_tables
from geomgen.experiments.work import ORTHANT_CALLS, Work
from geomgen.fields import Columns
from geomgen.measures.limit_posterior import LimitPosterior
from geomgen.measures.optimal_set_points import NEIGHBOURS, OptimalSetPoints
from geomgen.measures.posterior import CHAINS, LAYERS_BESIDE, PILOT, Posterior, draws_per_chain
from geomgen.measures.posterior_limit import POOL, WideNetworks
from geomgen.measures.posterior_orthants import POINTS
from geomgen.measures.posterior_tables import Both, counted, error_rows, function_rows, summary_row
from geomgen.measures.slice_chains import STEPS_PER_DRAW, TURNS_PER_VALUE, fewest_draws
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.ensemble import BLOCK, Ensemble
from geomgen.training.precision import fast_float32

FLOAT_BYTES, DOUBLE_BYTES, BLOCK_COPIES, FUNCTION_COPIES = 4, 8, 8, 20
USUAL_EPOCHS = 40
SWEEPS = 20
"""Sweeps of expectation propagation."""
CALLS_PER_TURN = 0.1
"""Layer calls that a move of the last layers of all chains takes as long as."""
SHRINKS = 8
"""Proposals until one is inside."""
REMEDY = "Give fewer --inputs, --images, --networks, --samples or --threads, or a smaller --hidden."


def posterior(config: PosteriorConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Train networks, sample the posterior and compare the two, in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after every block of networks.

    Returns:
        The finished run, with tables ``posterior_summary``, ``function_posterior`` and ``posterior_errors``, and those
        that the options ask for.

    Raises:
        UsageError: If the work does not fit in memory, or no network fits the known values.
    """
    device = cpu_device(config.device, "posterior", "blocks of networks are to fit a processor's cache")
    config = replace(config.filled(), threads=config.threads or num_cores(), device=device)
    require_memory(work(config).memory, f"--networks {config.networks:,} with {config.num_inputs:,} inputs", REMEDY)
    target = target_of(config, generator(config.seed, "target"))
    networks = RandomNetworks(target.inputs, config)
    label = f"{config.target}-{config.hidden.replace(',', '-')}-{config.optimizer}-s{config.seed}"
    with fast_float32(1):
        return run_of_tables(
            config,
            label,
            {"num_parameters": networks.num_parameters},
            runs_dir,
            lambda: _tables(networks, target, config, progress),
            reuse=reuse,
            progress=progress,
        )


def _tables(
    networks: RandomNetworks, target: Target, config: PosteriorConfig, progress: OnProgress
) -> dict[str, Sequence[Any] | Columns]:
    trained = Ensemble(networks, target.values, target.known, config).train(progress)
    if not len(trained.fitted):
        raise UsageError(
            f"None of {config.networks:,} networks with --hidden {config.hidden} fits the {config.train_size} known "
            f"values of --target {config.target} within {config.max_epochs:,} epochs.",
            "Give more --max-epochs, another --lr, a larger --hidden, or another --target.",
        )
    is_limit = config.sampler == LIMIT
    posterior = LimitPosterior(target, config) if is_limit else Posterior(networks, target.values, target.known, config)
    samples = posterior.sample(progress)
    both = Both(trained.fitted.numpy(), samples, target.values.numpy(), target.known.numpy(), config.seed)
    found = counted(both)
    tables: dict[str, Sequence[Any] | Columns] = {
        "posterior_summary": [summary_row(both, found, trained.epochs.numpy())],
        "function_posterior": function_rows(both, found),
        "posterior_errors": error_rows(both),
    }
    if config.infinite_width:
        tables["posterior_limit"] = WideNetworks(target, config).rows(both, progress)
    if config.optimal_points:
        points = OptimalSetPoints(networks, target, config)
        tables["optimal_set_points"] = points.rows(trained.parameters, progress)
    return tables


def work(config: PosteriorConfig) -> Work:
    """Return the memory of blocks and of all functions, and the work of training and of sampling the posterior.

    Training is taken for a usual number of epochs, and as many networks are drawn as are before the sampler is chosen.
    """
    config = config.filled()
    networks = RandomNetworks.outline(config, config.num_inputs)
    known, draws, orthants = config.train_size or 1, _num_draws(config), _num_orthants(config)
    blocks = BLOCK_COPIES * FLOAT_BYTES * max(BLOCK, networks.block) * networks.numbers_per_network
    functions = FUNCTION_COPIES * config.num_inputs * (config.networks + (config.samples or 0))
    weighted = 2 * POINTS * (config.num_inputs + DOUBLE_BYTES) * orthants
    steps = USUAL_EPOCHS * -(-known // (config.batch_size or known))
    maps = len(networks.layers) - 1
    turns = CALLS_PER_TURN * TURNS_PER_VALUE * known / SHRINKS
    chain_calls = sum(evaluations for _, evaluations in _chains(config)) * (1 + turns)
    forwards = 2 * config.optimal_points * NEIGHBOURS + sum(count * each for count, each in _chains(config))
    trained = 6.0 * config.networks * known * USUAL_EPOCHS
    return Work(
        BASE_BYTES
        + (config.threads or num_cores()) * blocks
        + functions
        + weighted
        + _recorded_bytes(config, networks),
        networks.num_parameters * (trained + 2.0 * forwards * known + 2.0 * draws * config.num_inputs)
        + (SWEEPS * 3.0 * known**3 + 1.0 * config.num_inputs**3) * (config.sampler == LIMIT),
        40.0 * networks.num_parameters * (config.networks * steps + draws),
        maps * (config.networks / BLOCK * steps + draws / networks.block + chain_calls)
        + ORTHANT_CALLS * known * orthants,
    )


def _num_draws(config: PosteriorConfig) -> int:
    """Return how many networks are drawn before the sampler is chosen."""
    return min(PILOT, config.max_draws) if config.sampler in {AUTO, REJECTION} else 0


def _num_orthants(config: PosteriorConfig) -> int:
    """Return for how many hidden layers the last one is integrated out."""
    if config.init != NORMAL or config.sampler == LIMIT:
        return 0
    beside = config.sampler in {REJECTION, SLICE}
    limit = -(-POOL * (config.samples or 0) // POINTS) * config.infinite_width
    return limit + (LAYERS_BESIDE if beside else max(LAYERS_BESIDE, config.samples or 0))


def _chains(config: PosteriorConfig) -> list[tuple[int, int]]:
    """Return how many chains of networks there are, and how often each is evaluated if they soon agree."""
    points = config.optimal_points
    made = [
        (CHAINS, draws_per_chain(config), config.sampler == SLICE),
        (points, fewest_draws(max(1, points)), points > 0),
    ]
    moves = (len(config.sizes) + 1) * SHRINKS
    return [(count, moves * draws * sum(STEPS_PER_DRAW[:2])) for count, draws, is_made in made if is_made]


def _recorded_bytes(config: PosteriorConfig, networks: RandomNetworks) -> int:
    """Return the memory of points with their neighbours, and of kernels of infinite width with draws of them."""
    points = BLOCK_COPIES * config.optimal_points + NEIGHBOURS * bool(config.optimal_points)
    kernels = config.num_inputs * (FUNCTION_COPIES * config.num_inputs + BLOCK_COPIES * config.networks)
    is_limit = config.infinite_width or config.sampler == LIMIT
    return FLOAT_BYTES * networks.num_parameters * points + DOUBLE_BYTES * kernels * is_limit
