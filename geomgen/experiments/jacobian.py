"""``geomgen jacobian``: the dimension of the set of parameters that fit as a finished run's do."""

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.machine import BASE_BYTES, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.train import as_trained_on
from geomgen.measures.jacobian import JacobianRow, jacobian_row, needed_bytes, singular_values
from geomgen.models.functional.network import NetworkFunction
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run

TABLE = "jacobian_rank"


def jacobian(
    run: Run, config: JacobianConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[JacobianRow]:
    """Measure the rank of the Jacobian of a run's logits on its first training images.

    Args:
        run: A finished training.
        config: Which states, and how many images.
        reuse: Whether to do nothing if the run has been measured with this config.
        progress: Told of every state that is done.

    Returns:
        What was measured now: one row a state.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    tables = measured(run, config, lambda config: {TABLE: _measure(run, config, progress)}, reuse=reuse)
    return list(tables.get(TABLE, ()))


def _measure(run: Run, config: JacobianConfig, progress: OnProgress) -> list[JacobianRow]:
    dataset = run_dataset(run, config.data)
    model = run_model(run, dataset)
    train = as_trained_on(TrainConfig.from_mapping(run.config, run.id), dataset).train
    if config.samples > len(train):
        raise UsageError(
            f"--samples {config.samples} is more than the {len(train)} images that {run.id} was trained on.",
            f"Give at most {len(train)}.",
        )
    num_parameters, num_samples = model.num_parameters(), config.samples
    needed = needed_bytes(num_parameters, num_samples, dataset.num_classes, sum(model.num_outputs(dataset.input_shape)))
    require_memory(
        BASE_BYTES + needed, f"The Jacobian of {num_samples} images", "Choose fewer --samples, or a smaller network."
    )
    inputs = as_float(train.images[:num_samples]).double()
    rows = []
    for done, state in enumerate(config.state, 1):
        load_state(run, model, state)
        network = NetworkFunction(model)
        values = singular_values(network, network.parameters().double(), inputs)
        rows.append(jacobian_row(values, state, num_samples, dataset.num_classes, num_parameters))
        progress(done, len(config.state), state)
    return rows
