"""``geomgen critical-points``: searches for critical points of a run's loss."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from torch import Tensor

from geomgen.config.architecture import OWN
from geomgen.config.critical_points import CriticalPointsConfig
from geomgen.config.import_run import WithNetwork
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, UsageError
from geomgen.experiments.derivatives import DOUBLE, states
from geomgen.experiments.load_run import made_by, outline
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.work import Work
from geomgen.measures.at_state import AtState
from geomgen.measures.critical_points import Objective, needed_bytes, rows, searched, starting_points
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.smoothness import kinked_operations, kinks
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.layout import FINAL
from geomgen.store.run import Run
from geomgen.tables.critical_points import CriticalPointRow

MOST_PARAMETERS = 2000
USUAL_STEPS = 60


def measure(
    run: Run, config: CriticalPointsConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[CriticalPointRow]:
    """Search for critical points of a run's loss.

    Args:
        run: A finished training of a small network without kinks.
        config: How many searches, from where, and over which images.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called with the number of finished searches.

    Returns:
        A row per search.

    Raises:
        DataError: If the run is unfinished or damaged, or its loss is not finite.
        UsageError: If the network has kinks, too many parameters, or parameters that are all 0; if there are too few
            images, or the work does not fit in memory.
    """

    def compute(config: CriticalPointsConfig) -> Tables:
        return {"critical_points": [row for rows in _rows_of_states(run, config, progress) for row in rows]}

    return list(measured(run, config, compute, reuse=reuse).get("critical_points", ()))


def _rows_of_states(run: Run, config: CriticalPointsConfig, progress: OnProgress) -> Iterator[list[CriticalPointRow]]:
    """Yield the rows of each state's searches."""
    ends = (FINAL,) if run.has_state(FINAL) else config.state[-1:]
    wanted = replace(config, state=tuple(dict.fromkeys((*config.state, *ends))), l2=_l2(config, made_by(run)))
    found = {at.state: at for at in states(run, wanted, silent, partial(_images_per_pass, run, config))}
    for state in config.state:
        yield _rows_of_state(run, wanted, found[state], found[ends[0]], progress)


def _images_per_pass(run: Run, config: CriticalPointsConfig, model: Network, dataset: Dataset) -> int:
    """Refuse what cannot be searched, or does not fit in memory; return how many images pass at once."""
    _require_searchable(run, model)
    _require_smooth(run, model, dataset)
    needed = _bytes(config, model, dataset.input_shape)
    require_memory(needed, f"Searching with {config.samples} images", "Choose fewer --samples.")
    return EVALUATION_BATCH_SIZE


def _rows_of_state(
    run: Run, config: CriticalPointsConfig, at: AtState, last: AtState, progress: OnProgress
) -> list[CriticalPointRow]:
    """Return the rows of the searches that start from one state; the config has its l2 filled in."""
    objective = Objective(last.network, at.inputs, at.labels, config.l2 or 0.0)
    seed, purpose = run.config.get("seed", 0), f"starting-points-{at.state}"
    starts = starting_points(at.theta, last.theta, config.points, noise=config.max_noise, seed=seed, purpose=purpose)
    _require_starts(run, objective, at, starts.points)
    ends = searched(objective, starts.points, config.max_iterations, progress)
    return rows(
        objective, starts, ends, state=at.state, max_noise=config.max_noise, max_iterations=config.max_iterations
    )


def _require_searchable(run: Run, model: Network) -> None:
    """Refuse a network whose Hessian misses curvature, or is too large to be decomposed.

    Raises:
        UsageError: If it has kinks, or too many parameters.
    """
    kinked = kinks(model)
    if kinked:
        raise UsageError(
            f"The network of {run.id} has kinks, whose curvature no Hessian contains: {', '.join(kinked)}.",
            "Train one without, as with --arch mlp --activation tanh.",
        )
    count = model.num_parameters()
    if count > MOST_PARAMETERS:
        raise UsageError(
            f"{run.id} has {count:,} parameters; critical points are searched with dense Hessians of at most "
            f"{MOST_PARAMETERS:,}.",
            "Train a smaller network: a smaller --width, and pooled images, as with --pool 7.",
        )


def _require_starts(run: Run, objective: Objective, at: AtState, points: Tensor) -> None:
    """Refuse starting points at which the loss is not finite, or that are all at 0.

    Raises:
        DataError: If the loss is not finite.
        UsageError: If all parameters are 0.
    """
    if not points.any():
        raise UsageError(
            f"The parameters of '{at.state}' of {run.id} are all 0, from where noise relative to them does not lead "
            "away.",
            "Choose another --state.",
        )
    if not objective.value(points).isfinite().all():
        raise DataError(
            f"The loss of {run.id} is not finite near '{at.state}'.", "Choose a smaller --max-noise, or train again."
        )


def _require_smooth(run: Run, model: Network, dataset: Dataset) -> None:
    """Refuse a user's network whose code has kinks; geomgen's own show all of theirs as modules.

    Raises:
        UsageError: If an operation in its code has.
    """
    if made_by(run).kind != OWN:
        return
    network, image = NetworkFunction(model), as_float(dataset.train.images[:1]).double()
    if kinked := kinked_operations(network, network.parameters().double(), image):
        raise UsageError(
            f"The code of {run.id}'s network has kinks, whose curvature no Hessian contains: {', '.join(kinked)}.",
            "Use smooth functions there, such as tanh, or train --arch mlp --activation tanh.",
        )


def _l2(config: CriticalPointsConfig, made: WithNetwork) -> float:
    """Return the weight of the penalty: the run's weight decay if none is given."""
    if config.l2 is not None:
        return config.l2
    return made.weight_decay if isinstance(made, TrainConfig) else 0.0


def work(config: CriticalPointsConfig, made: WithNetwork) -> Work:
    """Return the work of a usual number of steps of each search: a dense Hessian and its factors at each."""
    model, dataset = outline(made)
    dim = model.num_parameters()
    products = 8.0 * config.samples * dim * model.num_products(dataset.input_shape)
    steps = len(config.state) * config.points * USUAL_STEPS
    flops = DOUBLE * steps * (products + 5.0 * float(dim) ** 3)
    return Work(_bytes(config, model, dataset.input_shape), flops, calls=steps)


def _bytes(config: CriticalPointsConfig, model: Network, input_shape: tuple[int, ...]) -> int:
    units = sum(model.num_outputs(input_shape))
    return BASE_BYTES + needed_bytes(model.num_parameters(), config.points, config.samples, units)
