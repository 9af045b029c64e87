"""``geomgen volume --space parameters``: the volume of parameters that behave like a run's."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from jaxtyping import Float64
from torch import Tensor

from geomgen.config.import_run import WithNetwork
from geomgen.config.parameter_volume import FREE_ENERGY, ParameterVolumeConfig
from geomgen.errors import DataError
from geomgen.experiments.content import content_facts
from geomgen.experiments.derivatives import DOUBLE, states
from geomgen.experiments.load_run import outline
from geomgen.experiments.machine import BASE_BYTES, num_cores, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures import free_energy
from geomgen.measures.at_state import AtState
from geomgen.measures.parameter_volume import regions, rows
from geomgen.measures.potential_region import region_of_potential
from geomgen.measures.region import BLOCK_NUMEL, Region
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.parameter_volume import FreeEnergyRow, ParameterVolumeRow
from geomgen.training.precision import fast_float32

TABLE, LADDER = "parameter_volume", "free_energy"
BYTES, MATRICES, PASSES = 8, 4, 30
"""Bytes per number; matrices of all parameters; passes in which each radius is found."""


def volume(config: ParameterVolumeConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Measure the volume around the minimum of a potential in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called as chains go on.

    Returns:
        The finished run, with table ``parameter_volume``, and ``free_energy`` if that method was asked for.

    Raises:
        UsageError: If no potential is named, its file defines none, or the tolerance is below rounding.
    """
    config.require_potential()
    facts = content_facts(config, runs_dir, None)
    threads = config.threads or num_cores()
    config = replace(config.filled(), threads=threads, device="cpu")
    label = f"{config.potential_name}-s{config.seed}"

    def make() -> Tables:
        return _tables(config, [region_of_potential(config)], progress)

    with fast_float32(threads, config.device):
        return run_of_tables(config, label, facts, runs_dir, make, reuse=reuse, progress=progress)


def measure(
    run: Run, config: ParameterVolumeConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[ParameterVolumeRow]:
    """Measure the volume of parameters around some of a run's states.

    Args:
        run: A finished training.
        config: Region, weight and methods.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every state, and as chains go on.

    Returns:
        The new rows: one per state, method and tolerance.

    Raises:
        DataError: If the run is unfinished or damaged, has no such state, or no initial state to take a prior from.
        UsageError: If there are too few images, the tolerance is below rounding, the work does not fit in memory, or a
            potential is named too.
    """
    config.refuse_potential()

    def compute(config: ParameterVolumeConfig) -> Tables:
        found = (  # one after the other, since states share a model
            region
            for at in states(run, config, progress, lambda model, _dataset: _images_per_pass(config, model))
            for region in regions(at, config, _prior_std(run, config, at))
        )
        return _tables(config, found, progress)

    return list(measured(run, config.filled(), compute, reuse=reuse).get(TABLE, ()))


def _tables(config: ParameterVolumeConfig, found: Iterable[Region], progress: OnProgress) -> Tables:
    """Return the rows of each table that the methods fill: ``parameter_volume`` last."""
    volumes, rungs = list[ParameterVolumeRow](), list[FreeEnergyRow]()
    for region in found:
        volumes += rows(region, config)
        if FREE_ENERGY in config.method:
            of_region, of_rungs = free_energy.rows(region, config, progress)
            volumes, rungs = volumes + of_region, rungs + of_rungs
    return {LADDER: rungs, TABLE: volumes} if rungs else {TABLE: volumes}


def _prior_std(run: Run, config: ParameterVolumeConfig, at: AtState) -> Float64[Tensor, " D"] | None:
    """Return the prior's standard deviation of each parameter; None for the weight 1."""
    if config.weighting == "none":
        return None
    if config.prior_std is not None:
        return at.theta.new_full(at.theta.shape, config.prior_std)
    initial = run.checkpoint("initial").tensors
    found = at.theta.new_empty(at.theta.shape)
    for name, part in at.network.layout.named(found).items():
        std = initial[name].double().square().mean().sqrt()
        if not std > 0:
            raise DataError(
                f"{run.id}: {name} is 0 in the initial state, so that it has no variance for a prior.",
                "Give --prior-std, or choose --weighting none.",
            )
        part.fill_(std)
    return found


def _images_per_pass(config: ParameterVolumeConfig, model: Network) -> int:
    needed = _bytes(config, model.num_parameters())
    require_memory(needed, f"The volume of {model.num_parameters():,} parameters", "Choose --method monte-carlo.")
    return EVALUATION_BATCH_SIZE


def work(config: ParameterVolumeConfig, made: WithNetwork | None = None) -> Work:
    """Return the work: passes along each ray, products and eigenvectors of a dense matrix, and gradients of chains."""
    if made is None:
        return Work(BASE_BYTES)
    config = config.filled()
    model, dataset = outline(made)
    dim, one_pass = model.num_parameters(), 2.0 * config.samples * model.num_products(dataset.input_shape)
    rays = PASSES * config.directions * one_pass * len(config.tolerance) * ("monte-carlo" in config.method)
    dense = (4 * dim * one_pass + 10.0 * float(dim) ** 3) * ("ellipsoid" in config.method)
    draws = _num_chains(config) * (config.draws + (config.burn_in or 0)) * len(config.tolerance)
    chains = 3 * one_pass * draws * (config.leapfrog_steps + 1)
    return Work(_bytes(config, dim), DOUBLE * len(config.state) * (rays + dense + chains))


def _num_chains(config: ParameterVolumeConfig) -> int:
    return (config.rungs + 1) * config.chains * (FREE_ENERGY in config.method)


def _bytes(config: ParameterVolumeConfig, dim: int) -> int:
    dense = MATRICES * dim**2 if "ellipsoid" in config.method else 0
    vectors = 3 * config.directions + 12 * _num_chains(config)
    return BASE_BYTES + BYTES * (dense + vectors * dim + 4 * BLOCK_NUMEL)
