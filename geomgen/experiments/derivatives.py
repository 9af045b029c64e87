"""What measures of a run's derivatives share: its network at each state, the images, and their cost."""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor

from geomgen.config.import_run import WithNetwork
from geomgen.config.measure import DerivativesConfig
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float
from geomgen.errors import UsageError
from geomgen.experiments.load_run import load_state, made_by, run_dataset, run_model
from geomgen.experiments.machine import BASE_BYTES, float64_device, require_memory
from geomgen.experiments.train import trained_on
from geomgen.experiments.work import Work
from geomgen.measures.jacobian import needed_bytes
from geomgen.models.build import skeleton
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Network
from geomgen.progress import OnProgress
from geomgen.store.run import Run

DOUBLE = 2
"""How much longer a product takes in float64 than in float32."""


class AtState(NamedTuple):
    """A run's network at one state, and the images on which it is differentiated.

    Attributes:
        state: Name of the parameters.
        network: The function.
        theta: The parameters, ``(D,)`` float64.
        inputs: ``(N, channels, height, width)`` float64.
        labels: As trained on, ``(N,)``.
        num_classes: Logits per image.
    """

    state: str
    network: NetworkFunction
    theta: Tensor
    inputs: Tensor
    labels: Tensor
    num_classes: int


def states(run: Run, config: DerivativesConfig, progress: OnProgress) -> Iterator[AtState]:
    """Yield a run's network at each measured state.

    Args:
        run: A finished training.
        config: Which states and how many images, with the device filled in.
        progress: Called after every state.

    Yields:
        One state after the other.

    Raises:
        DataError: If the run or its data set is damaged.
        UsageError: If there are too few images, or the work does not fit in memory.
    """
    dataset = run_dataset(run, config.data)
    model = run_model(run, dataset)
    train = trained_on(made_by(run), dataset).train
    if config.samples > len(train):
        raise UsageError(
            f"--samples {config.samples} is more than the {len(train)} images that {run.id} was trained on.",
            f"Give at most {len(train)}.",
        )
    needed = _bytes(model, config.samples, dataset.num_classes, dataset.input_shape)
    remedy = "Choose fewer --samples, or a smaller network."
    require_memory(needed, f"The Jacobian of {config.samples} images", remedy)
    seen, device = train.first(config.samples), float64_device(config.device)
    inputs, labels = as_float(seen.images.to(device)).double(), seen.labels.to(device)
    for done, state in enumerate(config.state, 1):
        load_state(run, model, state)
        network = NetworkFunction(model.to(device))
        yield AtState(state, network, network.parameters().double(), inputs, labels, dataset.num_classes)
        progress(done, len(config.state), state)


def work(config: DerivativesConfig, made: WithNetwork) -> Work:
    """Return the work: a backward pass for each logit, and the kernel with its eigenvalues, at each state."""
    dataset = load_dataset(made.data)
    model = skeleton(made, dataset.input_shape, dataset.num_classes)
    rows = config.samples * dataset.num_classes
    units = sum(model.num_outputs(dataset.input_shape))
    flops = 4.0 * rows * model.num_products(dataset.input_shape) + 4.0 * rows**2 * units + 10.0 * float(rows) ** 3
    memory = _bytes(model, config.samples, dataset.num_classes, dataset.input_shape)
    return Work(memory, DOUBLE * len(config.state) * flops, calls=len(config.state) * rows)


def _bytes(model: Network, num_samples: int, num_classes: int, input_shape: tuple[int, ...]) -> int:
    return BASE_BYTES + needed_bytes(
        model.num_parameters(), num_samples, num_classes, sum(model.num_outputs(input_shape))
    )
