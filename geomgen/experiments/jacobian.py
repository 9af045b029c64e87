"""``geomgen jacobian``: the dimension of the set of parameters that fit as a finished run's do."""

import torch

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.progress import OnProgress, silent
from geomgen.experiments.train import as_trained_on
from geomgen.measures.jacobian import BYTES, JacobianRow, block_size, jacobian_row, tangent_kernel
from geomgen.store.run import Run

NAME = "jacobian"
TABLE = "jacobian_rank"


def jacobian(
    run: Run, config: JacobianConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[JacobianRow]:
    """Measure the rank of the Jacobian of a run's logits on its first training images.

    Args:
        run: A finished training.
        config: Which states, and how many images.
        reuse: Whether to do nothing if the run has been measured with this config.
        progress: Told of every pair of blocks that is done.

    Returns:
        What was measured now: one row a state.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    tables = measured(run, NAME, config, lambda config: {TABLE: _measure(run, config, progress)}, reuse=reuse)
    return list(tables.get(TABLE, ()))


def _measure(run: Run, config: JacobianConfig, progress: OnProgress) -> list[JacobianRow]:
    dataset = run_dataset(run)
    model = run_model(run, dataset)
    train = as_trained_on(TrainConfig.from_mapping(run.config, run.id), dataset).train
    if config.samples > len(train):
        raise UsageError(
            f"--samples {config.samples} is more than the {len(train)} images that {run.id} was trained on.",
            f"Give at most {len(train)}.",
        )
    num_parameters = model.num_parameters()
    _require_memory(num_parameters, config.samples, dataset.num_classes)
    inputs = as_float(train.images[: config.samples]).double()
    rows = []
    for index, state in enumerate(config.state):
        load_state(run, model, state)

        def on_block(done: int, total: int, index: int = index, state: str = state) -> None:
            progress(index * total + done, len(config.state) * total, state)

        with torch.enable_grad():
            kernel = tangent_kernel(model.double().eval(), inputs, on_block)
        rows.append(jacobian_row(kernel, state, config.samples, num_parameters))
    return rows


def _require_memory(num_parameters: int, num_samples: int, outputs: int) -> None:
    """Estimate the peak: two blocks of the Jacobian as they are stacked, parameters, kernel and its eigenvalues."""
    block = min(num_samples, block_size(num_parameters, outputs)) * outputs * num_parameters
    needed = BASE_BYTES + BYTES * (3 * block + 3 * num_parameters + 3 * (num_samples * outputs) ** 2)
    require_memory(needed, f"The Jacobian of {num_samples} images", "Choose fewer --samples, or a smaller network.")
