"""``geomgen emc``: the largest training set that a training procedure fits."""

from dataclasses import fields, replace
from pathlib import Path

import pandas as pd

from geomgen.config.emc import EmcConfig
from geomgen.config.procedure import ProcedureConfig
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.errors import UsageError
from geomgen.experiments.bfloat16 import require_bfloat16
from geomgen.experiments.content import content_facts, located
from geomgen.experiments.load_run import dataset_of
from geomgen.experiments.machine import chosen_device, num_cores
from geomgen.experiments.new_run import Tables, run_of_tables
from geomgen.experiments.train import as_trained_on, require_room, trainer_at_start
from geomgen.experiments.train import work as train_work
from geomgen.experiments.work import Work
from geomgen.measures.emc import AT_LEAST, BELOW, Complexity, effective_complexity
from geomgen.models.build import skeleton
from geomgen.models.layers import Network, mixes_images
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress, silent
from geomgen.store.run import Run
from geomgen.tables.complexity import EmcProbeRow, EmcRow
from geomgen.training.evaluate import evaluate
from geomgen.training.precision import fast_float32


def emc(config: EmcConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Search for the effective model complexity of a training procedure, in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead.
        progress: Called after every training.

    Returns:
        The finished run, with tables ``emc`` and ``emc_probes``.

    Raises:
        UsageError: If there are too few training images, or an option cannot be used here.
        DataError: If the data set is damaged.
        DivergedError: If a loss stopped being finite.
    """
    threads = config.threads or num_cores()
    config = located(config, runs_dir).resolved(device=chosen_device(config.device), threads=threads)
    with fast_float32(threads, config.device):
        dataset = dataset_of(config)
        model = skeleton(config, dataset.input_shape, dataset.num_classes)
        config = replace(config, width=model.width)
        _require_possible(config, dataset, model)
        facts = {"num_parameters": model.num_parameters(), **content_facts(config, runs_dir, dataset)}
        label = f"{config.arch.replace(':', '-')}-w{config.width}-e{config.epochs}-s{config.seed}"

        def make() -> Tables:
            found = _search(config, dataset, progress)
            return {"emc": [_row(config, found, model.num_parameters())], "emc_probes": _probe_rows(found)}

        return run_of_tables(config, label, facts, runs_dir, make, reuse=reuse, progress=progress)


def _require_possible(config: EmcConfig, dataset: Dataset, model: Network) -> None:
    """Refuse impossible options before the work starts."""
    require_bfloat16([config])
    if config.max_samples > len(dataset.train):
        raise UsageError(
            f"--max-samples {config.max_samples} is more than the {len(dataset.train)} training images there are.",
            f"Give at most {len(dataset.train)}.",
        )
    if mixes_images(model):
        raise UsageError(
            "--batch-norm cannot be used here: a last batch of one image has no variance.", "Choose --layer-norm."
        )
    require_room(_once(config, config.max_samples, draw=0), model, dataset)


def _search(config: EmcConfig, dataset: Dataset, progress: OnProgress) -> Complexity:
    """Train at one number of images after another; the total of the progress is how many trainings there may be."""
    done, most = 0, 0

    def expect(left: int) -> None:
        nonlocal most
        most = done + config.draws * left

    def errors(num_samples: int) -> list[float]:
        nonlocal done
        found = []
        for draw in range(config.draws):
            found.append(training_error(config, dataset, num_samples, draw))
            done += 1
            progress(done, most, f"n = {num_samples}, training error {found[-1]:.3f}")
        return found

    limits = config.threshold, config.min_samples, config.max_samples, config.resolution
    found = effective_complexity(errors, *limits, on_left=expect)
    progress(done, done, f"complexity {found.value}")
    return found


def work(config: EmcConfig) -> Work:
    """Return the work of a search: that of its largest training, on average half as much for each."""
    largest = train_work(_once(config, config.max_samples, draw=0))
    share = config.draws * _usual_num_probes(config) / 2
    return Work(largest.memory, (largest.flops or 0.0) * share, largest.traffic * share, largest.calls * share)


def remarks(run: Run) -> list[str]:
    """Return advice on a search, or its interval, that ended at one of its limits."""
    row, config = run.table("emc").iloc[0], run.config
    if row["outcome"] == AT_LEAST:
        return [f"All {config['max_samples']} images are fitted: raise --max-samples or --label-noise."]
    if row["outcome"] == BELOW:
        return [f"Not even {config['min_samples']} images are fitted: raise --epochs or --width."]
    ends = {
        "emc_low": f"no lower end: {config['min_samples']} images might not be fitted. Lower --min-samples",
        "emc_high": f"no upper end: {config['max_samples']} images might be fitted. Raise --max-samples",
    }
    return [f"The interval has {words} or raise --draws." for end, words in ends.items() if pd.isna(row[end])]


def _usual_num_probes(config: EmcConfig) -> int:
    """Return about how many numbers of images will be tried: two to bracket, and halvings of the gap."""
    gap = 1 / max(config.resolution, 1 / config.max_samples)
    return 2 + max(0, round(gap).bit_length())


def training_error(config: EmcConfig, dataset: Dataset, num_samples: int, draw: int) -> float:
    """Return the training error of one training: the fraction of its images that it does not classify as labelled.

    Each draw has its own seed for images, label noise, initial parameters and batch order; with more images it keeps
    the earlier ones.
    """
    untested = Dataset(dataset.name, dataset.train, dataset.test.first(1), dataset.num_classes)
    once = _once(config, num_samples, draw)
    trainer = trainer_at_start(once, as_trained_on(once, untested))
    for _ in trainer.run():
        pass
    return 1 - evaluate(trainer.working, trainer.train).accuracy


def _once(config: EmcConfig, num_samples: int, draw: int) -> TrainConfig:
    """Return the options of one training."""
    options = {field.name: getattr(config, field.name) for field in fields(ProcedureConfig)}
    options["seed"] = generator(config.seed, "emc-draw", draw).initial_seed()
    return TrainConfig(**options, train_size=num_samples, record_every=config.epochs)


def _probe_rows(found: Complexity) -> list[EmcProbeRow]:
    return [
        EmcProbeRow(num_samples, draw, error)
        for num_samples, errors in sorted(found.curve.items())
        for draw, error in enumerate(errors)
    ]


def _row(config: EmcConfig, found: Complexity, num_parameters: int) -> EmcRow:
    return EmcRow(
        epochs=config.epochs,
        threshold=config.threshold,
        emc=found.value,
        emc_low=found.low,
        emc_high=found.high,
        outcome=found.outcome,
        largest_fitted=found.bracket[0],
        smallest_not_fitted=found.bracket[1],
        draws=config.draws,
        num_probes=len(found.curve),
        num_parameters=num_parameters,
    )
