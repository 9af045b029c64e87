"""``geomgen volume --space parameters``: the volume of parameters that behave like a run's."""

from jaxtyping import Float64
from torch import Tensor

from geomgen.config.import_run import WithNetwork
from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import DataError
from geomgen.experiments.derivatives import DOUBLE, states
from geomgen.experiments.load_run import outline
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.work import Work
from geomgen.measures.at_state import AtState
from geomgen.measures.parameter_volume import BLOCK_NUMEL, rows
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.parameter_volume import ParameterVolumeRow

TABLE = "parameter_volume"
BYTES, MATRICES, PASSES = 8, 4, 30
"""Bytes per number; matrices of all parameters; passes in which each radius is found."""


def measure(
    run: Run, config: ParameterVolumeConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[ParameterVolumeRow]:
    """Measure the volume of parameters around some of a run's states.

    Args:
        run: A finished training.
        config: Region, weight and methods.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every state.

    Returns:
        The new rows: one per state, method and tolerance.

    Raises:
        DataError: If the run is unfinished or damaged, has no such state, or no initial state to take a prior from.
        UsageError: If there are too few images, the tolerance is below rounding, or the work does not fit in memory.
    """

    def compute(config: ParameterVolumeConfig) -> Tables:
        found = [
            row
            for at in states(run, config, progress, lambda model, _dataset: _images_per_pass(config, model))
            for row in rows(at, config, _prior_std(run, config, at))
        ]
        return {TABLE: found}

    return list(measured(run, config, compute, reuse=reuse).get(TABLE, ()))


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


def work(config: ParameterVolumeConfig, made: WithNetwork) -> Work:
    """Return the work: passes along each ray, and products and eigenvectors of a dense matrix."""
    model, dataset = outline(made)
    dim, one_pass = model.num_parameters(), 2.0 * config.samples * model.num_products(dataset.input_shape)
    rays = PASSES * config.directions * one_pass * len(config.tolerance) * ("monte-carlo" in config.method)
    dense = (4 * dim * one_pass + 10.0 * float(dim) ** 3) * ("ellipsoid" in config.method)
    return Work(_bytes(config, dim), DOUBLE * len(config.state) * (rays + dense))


def _bytes(config: ParameterVolumeConfig, dim: int) -> int:
    dense = MATRICES * dim**2 if "ellipsoid" in config.method else 0
    return BASE_BYTES + BYTES * (dense + 3 * config.directions * dim + 4 * BLOCK_NUMEL)
