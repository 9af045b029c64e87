"""``geomgen llc``: the local learning coefficient of a run's network, or of a potential."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from geomgen.config.import_run import WithNetwork
from geomgen.config.llc import LlcConfig
from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float
from geomgen.experiments.content import content_facts
from geomgen.experiments.derivatives import DOUBLE
from geomgen.experiments.load_run import outline, run_dataset, run_function, run_model
from geomgen.experiments.machine import BASE_BYTES, chosen_device, num_cores, require_memory
from geomgen.experiments.measure_run import measured
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.train import first_trained_on, trained_on
from geomgen.experiments.work import Work
from geomgen.measures.llc import Neighbourhood, coefficient, of_network, of_potential
from geomgen.models.layers import Network
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.learning import LlcRow
from geomgen.training.precision import fast_float32

SINGLE, TRACE_ROW_BYTES = 4, 300
VECTORS, TENSORS_PER_PASS, MATRICES = 12, 3, 3
HALVED = 3
"""How many times as many draws there are with half steps too, which are twice as many again."""


def llc(config: LlcConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Measure the learning coefficient of a potential in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called as the chains go on.

    Returns:
        The finished run, with tables ``llc`` and ``llc_trace``.

    Raises:
        UsageError: If no potential is named, its file defines none, or the sampler has no default step there.
    """
    config.require_potential()
    facts = content_facts(config, runs_dir, None)
    threads = config.threads or num_cores()
    config = replace(config.filled(), threads=threads, device=chosen_device(config.device))

    def make() -> Tables:
        row, trace = coefficient(config, of_potential(config), progress)
        return {"llc": [row], "llc_trace": trace}

    with fast_float32(threads, config.device):
        return run_of_tables(
            config, f"{config.potential_name}-s{config.seed}", facts, runs_dir, make, reuse=reuse, progress=progress
        )


def measure(run: Run, config: LlcConfig, *, reuse: bool = False, progress: OnProgress = silent) -> list[LlcRow]:
    """Measure the learning coefficient of a run's network at some of its states.

    Args:
        run: A finished training.
        config: Options.
        reuse: Whether to do nothing if the run has already been measured with this config.
        progress: Called as the chains go on.

    Returns:
        The new rows of ``llc``.

    Raises:
        DataError: If the run is unfinished or damaged.
        UsageError: If a potential is named too, or there are too few images.
    """
    config.refuse_potential()

    def compute(config: LlcConfig) -> Tables:
        found = [coefficient(config, place, progress) for place in _neighbourhoods(run, config)]
        return {"llc_trace": [row for _, trace in found for row in trace], "llc": [row for row, _ in found]}

    return list(measured(run, config.filled(), compute, reuse=reuse).get("llc", ()))


def _neighbourhoods(run: Run, config: LlcConfig) -> Iterator[Neighbourhood]:
    dataset = run_dataset(run, config.data)
    model = run_model(run, dataset)
    seen = first_trained_on(run, dataset, config.samples)
    remedy = "Choose fewer --chains, --draws or --samples, or a smaller --dense-limit."
    require_memory(_bytes(config, model, seen), f"llc with {config.chains:,} chains of {len(seen):,} images", remedy)
    inputs, labels = as_float(seen.images.to(config.device)), seen.labels.to(config.device)
    config = replace(config, n_beta=config.n_beta or len(seen) / math.log(len(seen)))
    for state in config.state:
        network = run_function(run, model, state, inputs, labels)
        yield of_network(config, state, network, inputs, labels)


def work(config: LlcConfig, made: WithNetwork | None = None) -> Work:
    """Return the work: a gradient per chain and draw, of a minibatch, or of all images for each leapfrog step."""
    config = config.filled()
    draws = float(config.chains * (config.draws + (config.burn_in or 0)))
    if made is None:
        return Work(BASE_BYTES)
    model, dataset = outline(made)
    train = trained_on(made, dataset).train
    per_draw = config.leapfrog_steps if config.sampler == "hmc" else 1
    if config.sampler == "sgld" and config.halve_step:
        per_draw = HALVED
    flops = 6.0 * _images_per_gradient(config, train) * per_draw * draws * model.num_products(dataset.input_shape)
    return Work(_bytes(config, model, train), flops, traffic=40.0 * draws * per_draw * model.num_parameters())


def _images_per_gradient(config: LlcConfig, train: Split) -> int:
    samples = config.samples or len(train)
    return min(config.minibatch_size, samples) if config.sampler == "sgld" else samples


def _bytes(config: LlcConfig, model: Network, train: Split) -> int:
    """Return the peak: the images, chains and their minibatches in a pass, what is recorded, and a dense Hessian."""
    size, shape = model.num_parameters(), tuple(train.images.shape[1:])
    pixels, images = math.prod(shape), _images_per_gradient(config, train)
    drawn = images * (pixels if config.sampler == "sgld" else 0)
    passed = drawn + TENSORS_PER_PASS * images * sum(model.num_outputs(shape))
    numbers = 3 * (config.samples or len(train)) * pixels + config.chains * (VECTORS * size + passed)
    draws = config.chains * (config.draws // config.trace_every)
    dense = MATRICES * DOUBLE * size**2 if size <= config.dense_limit else 0
    return BASE_BYTES + SINGLE * numbers + TRACE_ROW_BYTES * draws + dense
