"""Measures of a run's derivatives: its network at each state, the images, their cost, and whose rows they make."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from geomgen.config.import_run import WithNetwork
from geomgen.config.measure import DerivativesConfig
from geomgen.config.registry import record_of
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.experiments.entry import rows_of
from geomgen.experiments.load_run import outline, run_dataset, run_function, run_model
from geomgen.experiments.machine import BASE_BYTES, float64_device, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.train import first_trained_on
from geomgen.experiments.work import Work
from geomgen.measures.at_state import AtState
from geomgen.measures.jacobian import needed_bytes
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run

DOUBLE = 2
"""How much longer a product takes in float64 than in float32."""


def measure(run: Run, config: DerivativesConfig, *, reuse: bool = False, progress: OnProgress = silent) -> list[Any]:
    """Measure a run's derivatives on its first training images, by the rows that the experiment's record names.

    Args:
        run: A finished training.
        config: Which states, and how many images; its type identifies the experiment.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every state.

    Returns:
        The new rows of the experiment's first table.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    record = record_of(config)

    def measured_states(config: DerivativesConfig) -> Tables:
        found = [rows_of(record)(at) for at in states(run, config, progress)]
        return {table: [row for rows in found for row in rows[table]] for table in reversed(record.tables)}

    return list(measured(run, config, measured_states, reuse=reuse).get(record.tables[0], ()))


ImagesPerPass = Callable[[Network, Dataset], int]
"""Returns how many images pass a network at once, and refuses work that does not fit in memory."""


def states(
    run: Run, config: DerivativesConfig, progress: OnProgress, images_per_pass: ImagesPerPass | None = None
) -> Iterator[AtState]:
    """Yield a run's network at each measured state.

    Args:
        run: A finished training.
        config: Its device is filled in.
        progress: Called after every state.
        images_per_pass: By default what the Jacobian of all images takes.

    Raises:
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    dataset = run_dataset(run, config.data)
    model = run_model(run, dataset)
    seen, device = first_trained_on(run, dataset, config.samples), float64_device(config.device)
    chunk_size = (images_per_pass or partial(_of_jacobian, config))(model, dataset)
    inputs, labels = as_float(seen.images.to(device)).double(), seen.labels.to(device)
    for done, state in enumerate(config.state, 1):
        network = run_function(run, model, state, inputs, labels, chunk_size=chunk_size)
        yield AtState(state, network, network.parameters().double(), inputs, labels, dataset.num_classes)
        progress(done, len(config.state), state)


def _of_jacobian(config: DerivativesConfig, model: Network, dataset: Dataset) -> int:
    needed = _bytes(model, config.samples, dataset.num_classes, dataset.input_shape)
    remedy = "Choose fewer --samples, or a smaller network."
    require_memory(needed, f"The Jacobian of {config.samples} images", remedy)
    return EVALUATION_BATCH_SIZE


def work(config: DerivativesConfig, made: WithNetwork) -> Work:
    """Return the work: a backward pass for each logit, and the kernel with its eigenvalues, at each state."""
    model, dataset = outline(made)
    rows = config.samples * dataset.num_classes
    units = sum(model.num_outputs(dataset.input_shape))
    flops = 4.0 * rows * model.num_products(dataset.input_shape) + 4.0 * rows**2 * units + 10.0 * float(rows) ** 3
    memory = _bytes(model, config.samples, dataset.num_classes, dataset.input_shape)
    return Work(memory, DOUBLE * len(config.state) * flops, calls=len(config.state) * rows)


def _bytes(model: Network, num_samples: int, num_classes: int, input_shape: tuple[int, ...]) -> int:
    return BASE_BYTES + needed_bytes(
        model.num_parameters(), num_samples, num_classes, sum(model.num_outputs(input_shape))
    )
