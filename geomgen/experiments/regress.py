"""``geomgen regress``: a regression problem whose answer is known, drawn and fitted; a run with its tables."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial, singledispatch
from pathlib import Path

from torch.nn.functional import one_hot

from geomgen.config.registry import record_of
from geomgen.config.regress import (
    SYNTHETIC,
    EpochsConfig,
    LinearConfig,
    OptimalSetConfig,
    PolynomialConfig,
    ProblemConfig,
    RffConfig,
    RidgelessConfig,
)
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float, subset, with_label_noise
from geomgen.errors import UsageError
from geomgen.experiments.content import content_facts, located
from geomgen.experiments.machine import BASE_BYTES, chosen_device, cpu_device, float64_device, num_cores, require_memory
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.work import Work
from geomgen.measures.regression import epochs, linear, optimal_set, polynomial, random_features, ridgeless
from geomgen.measures.regression.random_features import Samples
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.training.precision import fast_float32

REMEDY = "Choose fewer samples, features, degrees or repetitions."


@dataclass(frozen=True)
class Prepared:
    """A problem that is ready to run.

    Attributes:
        needed_bytes: Peak memory.
        measure: Makes the rows of its tables.
        dataset: Its data set; None if its samples are drawn.
    """

    needed_bytes: int
    measure: Callable[[OnProgress], Tables]
    dataset: Dataset | None = None


def regress(config: ProblemConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Run a regression problem in a new run directory.

    Args:
        config: Options of one of the problems.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after every part.

    Returns:
        The finished run.

    Raises:
        UsageError: If the work does not fit in memory, or there are too few samples.
        DataError: If its data set is damaged.
    """
    threads, device = config.threads or num_cores(), _device(config)
    config = replace(located(config, runs_dir), threads=threads, device=device)
    problem = _prepared(config)
    require_memory(BASE_BYTES + problem.needed_bytes, f"geomgen {record_of(config).name}", REMEDY)
    facts, make = content_facts(config, runs_dir, problem.dataset), partial(problem.measure, progress)
    with fast_float32(threads, device):
        return run_of_tables(config, f"s{config.seed}", facts, runs_dir, make, reuse=reuse, progress=progress)


def _device(config: ProblemConfig) -> str:
    """Return the device that a problem is computed on.

    Raises:
        UsageError: If LAPACK solves it, and the device is not the CPU.
    """
    if isinstance(config, RffConfig):
        return float64_device(chosen_device(config.device))
    return cpu_device(config.device, record_of(config).name, "it is solved by LAPACK")


def work(config: ProblemConfig) -> Work:
    """Return the memory of a problem; how long it takes is not modelled."""
    return Work(BASE_BYTES + _prepared(config).needed_bytes)


@singledispatch
def _prepared(config: ProblemConfig) -> Prepared:
    raise TypeError(f"no problem has the options {type(config).__name__}")


@_prepared.register
def _(config: EpochsConfig) -> Prepared:
    return Prepared(epochs.needed_bytes(config), lambda progress: {"regress_epochs": epochs.epochs(config, progress)})


@_prepared.register
def _(config: LinearConfig) -> Prepared:
    def measure(progress: OnProgress) -> Tables:
        summaries, rows = linear.linear(config, progress)
        return {"regress_linear_summary": summaries, "regress_linear": rows}

    return Prepared(linear.needed_bytes(config), measure)


@_prepared.register
def _(config: PolynomialConfig) -> Prepared:
    needed = polynomial.needed_bytes(config)
    return Prepared(needed, lambda progress: {"regress_polynomial": polynomial.polynomial(config, progress)})


@_prepared.register
def _(config: RidgelessConfig) -> Prepared:
    needed = ridgeless.needed_bytes(config)
    return Prepared(needed, lambda progress: {"regress_ridgeless": ridgeless.ridgeless(config, progress)})


@_prepared.register
def _(config: OptimalSetConfig) -> Prepared:
    needed = optimal_set.needed_bytes(config)
    return Prepared(needed, lambda progress: {"regress_optimal_set": optimal_set.optimal_set(config, progress)})


@_prepared.register
def _(config: RffConfig) -> Prepared:
    dataset = None if config.data == SYNTHETIC else load_dataset(config.data)
    if dataset is not None:
        _require_samples(config, dataset)
        shape = len(dataset.test), dataset.train.images[0].numel(), dataset.num_classes
    else:
        shape = config.test_samples, random_features.SYNTHETIC_DIM, 1

    def measure(progress: OnProgress) -> Tables:
        train, test = random_features.synthetic(config) if dataset is None else classes_as_targets(config, dataset)
        return {"regress_rff": random_features.random_features(config, train, test, dataset is not None, progress)}

    return Prepared(random_features.needed_bytes(config, *shape), measure, dataset)


def _require_samples(config: RffConfig, dataset: Dataset) -> None:
    if config.samples > len(dataset.train):
        raise UsageError(
            f"--samples {config.samples} is more than the {len(dataset.train)} training images there are.",
            f"Give at most {len(dataset.train)}.",
        )


def classes_as_targets(config: RffConfig, dataset: Dataset) -> tuple[Samples, Samples]:
    """Return a random subset of the training images with noisy labels, and the first test images, as a regression.

    Inputs are pixel / 255 laid out as a vector; targets are one-hot.
    """
    chosen = subset(dataset.train, config.samples, generator(config.seed, "regress-rff/subset"))
    source = generator(config.seed, "regress-rff/label-noise")
    labels = with_label_noise(chosen.labels, config.label_noise, dataset.num_classes, source)
    test = dataset.test.first(min(config.test_samples, len(dataset.test)))
    train, tested = (
        Samples(as_float(images).flatten(1), one_hot(classes, dataset.num_classes).double())
        for images, classes in ((chosen.images, labels), (test.images, test.labels))
    )
    return train, tested
