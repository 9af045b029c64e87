"""The curvature of a run's training loss at each state, with its cost."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from geomgen.config.hessian import HESSIAN, HessianConfig
from geomgen.config.import_run import WithNetwork
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.experiments.derivatives import DOUBLE, states
from geomgen.experiments.load_run import made_by, outline
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.work import Work
from geomgen.measures.at_state import AtState
from geomgen.measures.curvature_summary import BYTES
from geomgen.measures.hessian import Training, probes_at_once, rows
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.numerics.dense import BLOCK_SIZE
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run

PASSES = {"hessian": 5, "ggn": 4, "fisher": 4}
"""Products with each weight that a product with one vector takes, per image."""
PASS_NUMEL = 2**25
"""Most numbers that one tensor of a pass has, by which the images per pass are chosen."""
TENSORS_PER_PASS = 4
MATRICES, VECTORS = 3, 8


def measure(run: Run, config: HessianConfig, *, reuse: bool = False, progress: OnProgress = silent) -> list[Any]:
    """Measure the curvature of a run's loss on its first training images.

    Args:
        run: A finished training.
        config: Which operator at which states, of how many images, and how.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every product.

    Returns:
        The new rows of the summary.

    Raises:
        DataError: If the run is unfinished or damaged, has no such state, or its loss is not finite.
        UsageError: If there are too few images, or the work does not fit in memory.
    """

    def measured_states(config: HessianConfig) -> Tables:
        found = [
            rows(at, config, _training(run), _counter(progress, config, at, index))
            for index, at in enumerate(states(run, config, silent, partial(_images_per_pass, config)))
        ]
        return {table: [row for rows in found for row in rows[table]] for table in reversed(HESSIAN.tables)}

    return list(measured(run, config, measured_states, reuse=reuse).get(HESSIAN.tables[0], ()))


def _training(run: Run) -> Training:
    made = made_by(run)
    return Training(run.id, made.seed, made.lr) if isinstance(made, TrainConfig) else Training(run.id, 0, None)


def _counter(progress: OnProgress, config: HessianConfig, at: AtState, index: int) -> Callable[[int], None]:
    """Return what tells of the products done, of those of all states."""
    each = _num_products(config, len(at.theta))
    done = index * each

    def count(vectors: int) -> None:
        nonlocal done
        done += vectors
        progress(done, each * len(config.state), at.state)

    return count


def work(config: HessianConfig, made: WithNetwork) -> Work:
    """Return the work: products, and the eigenvalues of a dense matrix, at each state."""
    model, dataset = outline(made)
    dim = model.num_parameters()
    products = _num_products(config, dim)
    flops = 2.0 * PASSES[config.operator] * products * config.samples * model.num_products(dataset.input_shape)
    solving = 4 / 3 * dim**3 if config.chosen_method(dim) == "dense" else 0.0
    traffic = 0.0 if solving else 2.0 * BYTES * dim * config.probes * min(config.steps, dim) ** 2
    num_states = len(config.state)
    memory = _bytes(config, model, dataset)
    return Work(memory, DOUBLE * num_states * (flops + solving), num_states * traffic, calls=num_states * products)


def _num_products(config: HessianConfig, dim: int) -> int:
    """Return the number of vectors that are multiplied at each state."""
    return dim if config.chosen_method(dim) == "dense" else config.probes * min(config.steps, dim)


def _block_size(config: HessianConfig, dim: int) -> int:
    """Return the number of vectors per product."""
    return min(dim, BLOCK_SIZE) if config.chosen_method(dim) == "dense" else probes_at_once(config, dim)


def _images_per_pass(config: HessianConfig, model: Network, dataset: Dataset) -> int:
    """Return how many images pass at once, so that no tensor of a block of vectors is too large.

    Raises:
        UsageError: If the work does not fit in memory.
    """
    dim = model.num_parameters()
    remedy = "Choose --method lanczos, or a smaller network."
    if config.chosen_method(dim) == "lanczos":
        remedy = "Choose fewer --steps or --samples, or a smaller network."
    named = f"The {config.chosen_method(dim)} spectrum of {dim:,} parameters and {config.samples:,} images"
    require_memory(_bytes(config, model, dataset), named, remedy)
    return _chunk_size(config, model, dataset)


def _chunk_size(config: HessianConfig, model: Network, dataset: Dataset) -> int:
    units = sum(model.num_outputs(dataset.input_shape))
    most = PASS_NUMEL // (_block_size(config, model.num_parameters()) * units)
    return max(1, min(EVALUATION_BATCH_SIZE, config.samples, most))


def _bytes(config: HessianConfig, model: Network, dataset: Dataset) -> int:
    """Return the peak: what a method keeps, a pass of a block, the images, and vectors as long as the parameters."""
    dim, block = model.num_parameters(), _block_size(config, model.num_parameters())
    dense = config.chosen_method(dim) == "dense"
    kept = MATRICES * dim**2 if dense else block * min(config.steps, dim) * dim
    passed = (
        TENSORS_PER_PASS * block * _chunk_size(config, model, dataset) * sum(model.num_outputs(dataset.input_shape))
    )
    images = config.samples * math.prod(dataset.input_shape)
    return BASE_BYTES + BYTES * (kept + passed + images + VECTORS * block * dim)
