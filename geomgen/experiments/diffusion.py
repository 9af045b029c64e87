"""``geomgen diffusion``: training that goes on from a run's parameters, with Langevin noise and without."""

import math
from collections.abc import Callable, Iterator

from geomgen.config.diffusion import DIFFUSION, DiffusionConfig
from geomgen.config.import_run import WithNetwork
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset, Split
from geomgen.data.transforms import as_float
from geomgen.experiments.derivatives import DOUBLE
from geomgen.experiments.load_run import made_by, outline, run_dataset, run_function, run_model
from geomgen.experiments.machine import BASE_BYTES, float64_device, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables
from geomgen.experiments.train import trained_on
from geomgen.experiments.work import Work
from geomgen.measures.diffusion import Start, rows
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.diffusion import DiffusionRow

SINGLE_BYTES, DOUBLE_BYTES = 4, 8
VECTORS, TENSORS_PER_PASS = 6, 6
PER_TRACE = 20
"""Operations per product of weights that one probe takes: with the Hessian and with its Gauss-Newton part."""
CALLS_PER_STEP = 3


def measure(
    run: Run, config: DiffusionConfig, *, reuse: bool = False, progress: OnProgress = silent
) -> list[DiffusionRow]:
    """Continue a run's training from some of its states, with noise and without.

    Args:
        run: A finished training.
        config: Options.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called after every step.

    Returns:
        The new rows.

    Raises:
        DataError: If the run is unfinished or damaged, or has no such state.
        UsageError: If the work does not fit in memory.
    """

    def compute(config: DiffusionConfig) -> Tables:
        found = [rows(config, start, _counter(progress, config, start)) for start in _starts(run, config)]
        return {DIFFUSION.tables[0]: [row for one in found for row in one]}

    return list(measured(run, config, compute, reuse=reuse).get(DIFFUSION.tables[0], ()))


def _counter(progress: OnProgress, config: DiffusionConfig, start: Start) -> Callable[[int], None]:
    """Return what tells of the steps done, of those from all starts."""
    before = config.state.index(start.state) * config.steps

    def count(steps: int) -> None:
        progress(before + steps, len(config.state) * config.steps, start.state)

    return count


def _starts(run: Run, config: DiffusionConfig) -> Iterator[Start]:
    dataset = run_dataset(run, config.data)
    model, made = run_model(run, dataset), made_by(run)
    device, seen = float64_device(config.device), trained_on(made, dataset)
    needed = _bytes(config, model, seen)
    require_memory(needed, f"The diffusion of {_num_chains(config)} chains", "Choose fewer --chains.")
    train, test = (
        Split(as_float(split.images.to(device)), split.labels.to(device)) for split in (seen.train, seen.test)
    )
    for state in config.state:
        network = run_function(run, model, state, train.images, train.labels)
        yield Start(state, network, train, test, made.seed if isinstance(made, TrainConfig) else 0)


def work(config: DiffusionConfig, made: WithNetwork) -> Work:
    """Return the work: a gradient of all training images per chain and step, and the trace at each recorded step."""
    model, dataset = outline(made)
    size, chains = model.num_parameters(), _num_chains(config)
    seen = trained_on(made, dataset)
    num_train = len(seen.train)
    records = config.steps // config.interval + 1
    passes = 6.0 * config.steps * num_train + 2.0 * records * (num_train + len(dataset.test))
    traces = DOUBLE * PER_TRACE * records * num_train * (config.probes + dataset.num_classes)
    flops = len(config.state) * chains * (passes + traces) * model.num_products(dataset.input_shape)
    calls = len(config.state) * config.steps * CALLS_PER_STEP * len(model.layers())
    traffic = 40.0 * len(config.state) * chains * config.steps * size
    return Work(_bytes(config, model, seen), flops, traffic=traffic, calls=calls)


def _num_chains(config: DiffusionConfig) -> int:
    return 1 + config.chains * len(config.n_beta)


def _bytes(config: DiffusionConfig, model: Network, dataset: Dataset) -> int:
    """Return the peak: the images in both precisions, what a step keeps of each chain, and a pass of all chains."""
    chains, units = _num_chains(config), sum(model.num_outputs(dataset.input_shape))
    num_images = len(dataset.train) + len(dataset.test)
    together = min(EVALUATION_BATCH_SIZE, len(dataset.train))
    images = (SINGLE_BYTES + DOUBLE_BYTES) * num_images * math.prod(dataset.input_shape)
    vectors = SINGLE_BYTES * VECTORS * chains * model.num_parameters()
    logits = SINGLE_BYTES * chains * num_images * dataset.num_classes
    passed = SINGLE_BYTES * TENSORS_PER_PASS * chains * together * units
    probes = DOUBLE_BYTES * VECTORS * config.probes * model.num_parameters()
    probed = DOUBLE_BYTES * TENSORS_PER_PASS * (config.probes + dataset.num_classes) * together * units
    return BASE_BYTES + images + logits + max(vectors + passed, probes + probed)
