"""``geomgen train``: from a config to a run with checkpoints and a record of the training."""

import math
import shlex
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from geomgen.config.import_run import WithNetwork
from geomgen.config.train import TRAIN, TrainConfig
from geomgen.data.dataset import Dataset, Split
from geomgen.data.transforms import subset, with_label_noise
from geomgen.errors import DataError, DivergedError, InterruptedRunError, UsageError
from geomgen.experiments.bfloat16 import require_bfloat16
from geomgen.experiments.content import content_facts, located
from geomgen.experiments.load_run import (
    dataset_of,
    made_by,
    outline,
    require_same_code,
    require_same_start,
    require_same_teacher,
    require_teacher_of_fitting_loss,
    require_teacher_of_same_data,
    run_dataset,
    taught,
)
from geomgen.experiments.machine import BASE_BYTES, StopRequest, chosen_device, num_cores, require_memory, stop_request
from geomgen.experiments.new_run import reserved
from geomgen.experiments.start import Start, require_fitting_start, start_of
from geomgen.experiments.work import Work
from geomgen.models.build import build_model, skeleton
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network, mixes_images
from geomgen.numerics.seeds import generator
from geomgen.processor import bfloat16_time, instruction_set
from geomgen.progress import OnProgress, silent
from geomgen.store.advice import how_to_list
from geomgen.store.checkpoint import Checkpoint
from geomgen.store.layout import FINAL, RESUME
from geomgen.store.run import RESUMED, Run
from geomgen.tables.training import TrainingRow
from geomgen.training.loop import MAX_TRAIN_EVALUATED, Progress, Trainer
from geomgen.training.normalisation import take_statistics
from geomgen.training.optimizer import num_moments
from geomgen.training.precision import fast_float32
from geomgen.training.tracking import Tracked, Tracker

SHORTEST_SAVE_INTERVAL_S = 30.0
LARGEST_SAVE_SHARE = 0.05


def train(config: TrainConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Train one network in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether to return a finished run with the same config instead, and to resume an unfinished one.
        progress: Called at every measured step.

    Returns:
        The finished run.

    Raises:
        UsageError: If an option cannot be used here.
        DataError: If the data set is damaged.
        DivergedError: If the loss stopped being finite; the run is then marked failed, as when a user's network fails.
        InterruptedRunError: If it was asked to stop; the run can be resumed.
    """
    threads = config.threads or num_cores()
    config = located(config, runs_dir).resolved(device=chosen_device(config.device), threads=threads)
    with fast_float32(threads, config.device):
        return _train_new(config, runs_dir, reuse, progress)


def _train_new(config: TrainConfig, runs_dir: Path, reuse: bool, progress: OnProgress) -> Run:
    dataset = dataset_of(config)
    model = skeleton(config, dataset.input_shape, dataset.num_classes)
    config = replace(config, width=model.width)
    _require_possible(config, dataset, model)
    require_teacher_of_same_data(config, dataset, runs_dir)
    require_teacher_of_fitting_loss(config, runs_dir)
    start = start_of(config, runs_dir)
    require_fitting_start(config, start, dataset)
    facts = {**network_facts(dataset, model), **content_facts(config, runs_dir, dataset)}
    label = f"{config.arch.replace(':', '-')}-w{config.width}-s{config.seed}"
    with reserved(config, label, facts, runs_dir, reuse=reuse, progress=progress) as run:
        if run.status != "complete":
            _require_resumable(run)
            _go_on(run, dataset, start, progress)
    return run


def resume(run: Run, *, data: str | None = None, progress: OnProgress = silent) -> Run:
    """Resume an unfinished or interrupted training; it ends with the same bits as an uninterrupted one.

    Args:
        run: The run.
        data: Path of its data set; searched for if not given.
        progress: Called at every measured step.

    Returns:
        The same run, finished.

    Raises:
        UsageError: If the run is finished, in use, or of another experiment.
        DataError: If the run's files or its data set are damaged.
    """
    if run.experiment != TRAIN.name:
        raise UsageError(
            f"{run.id} is a run of {run.experiment}, which {TRAIN.name} cannot resume.",
            f"Name an unfinished run of {TRAIN.name}. {how_to_list(run.runs_dir)}",
        )
    config = TrainConfig.from_mapping(run.config, run.id)
    with run.lock(), fast_float32(config.threads or num_cores(), config.device):
        _require_resumable(run)
        require_same_start(run)
        _go_on(run, run_dataset(run, data), start_of(config, run.runs_dir), progress)
    return run


def _require_resumable(run: Run) -> None:
    """Refuse a finished run. The caller holds the lock, so that it cannot finish after this check."""
    if run.status in {"complete", "failed"}:
        reason = f": {run.reason}" if run.reason else ""
        raise UsageError(
            f"{run.id} cannot be resumed: it is {run.status}{reason}", "Start a new run with: geomgen train"
        )


def _require_possible(config: TrainConfig, dataset: Dataset, model: Network) -> None:
    """Refuse impossible options before the work starts."""
    require_bfloat16([config])
    num_images = _num_images(config, dataset)
    if mixes_images(model):
        _require_no_single_image(config.batch_size, num_images)
    require_room(config, model, dataset)


def _require_no_single_image(batch_size: int, num_images: int) -> None:
    if num_images == 1:
        raise UsageError(
            "Batch normalisation cannot train on one image, whose variance is 0.", "Give --train-size 2 or more."
        )
    if (num_images - 1) % batch_size == 0:
        which = "makes batches" if batch_size == 1 else "leaves a last batch"
        raise UsageError(
            f"--batch-size {batch_size} {which} of one image, whose variance is 0.", "Choose another --batch-size."
        )


def _num_images(config: TrainConfig, dataset: Dataset) -> int:
    """Return the number of training images; refuse more than there are."""
    if config.train_size and config.train_size > len(dataset.train):
        raise UsageError(
            f"--train-size {config.train_size} is more than the {len(dataset.train)} training images there are.",
            f"Give at most {len(dataset.train)}.",
        )
    return config.train_size or len(dataset.train)


def network_facts(dataset: Dataset, model: Network) -> dict[str, object]:
    """Return what is known about a network before training starts."""
    return {
        "num_parameters": model.num_parameters(),
        "layers": [layer.name for layer in model.layers()],
        "input_shape": list(dataset.input_shape),
        "num_classes": dataset.num_classes,
    }


def require_room(config: TrainConfig, model: Network, dataset: Dataset) -> None:
    """Refuse a training that would not fit in memory.

    Raises:
        UsageError: If it would not.
    """
    needed = _needed_bytes(config, model, dataset)
    require_memory(needed, f"Training --width {config.width}", "Choose a smaller --width or --depth.")


def _needed_bytes(config: TrainConfig, model: Network, dataset: Dataset) -> int:
    """Return the peak memory of a training."""
    return BASE_BYTES + _held_bytes(config, model.num_parameters()) + _pass_bytes(config, model, dataset)


def _pass_bytes(config: TrainConfig, model: Network, dataset: Dataset) -> int:
    """Return the memory of a pass: all outputs of a batch and their gradients, or the largest two of an evaluation."""
    outputs = model.num_outputs(dataset.input_shape)
    together = min(config.batch_size, _num_images(config, dataset))
    return 4 * 2 * max(together * sum(outputs), EVALUATION_BATCH_SIZE * max(outputs))


def work(config: TrainConfig) -> Work:
    """Return the work of a training: six operations per product and image, seven float32 per parameter and step.

    At bf16 all of it but the memory is counted as often as the step takes longer on this processor than at fp32.

    Raises:
        UsageError: If there are not so many training images.
    """
    model, dataset = outline(config)
    num_images = _num_images(config, dataset)
    num_steps = config.epochs * math.ceil(num_images / config.batch_size)
    passes = (6.0 * num_images + 2.0 * len(dataset.test)) * config.epochs
    longer = _time_at_bf16(model) if config.precision == "bf16" and chosen_device(config.device) == "cpu" else 1.0
    return Work(
        memory=_needed_bytes(config, model, dataset),
        flops=longer * passes * model.num_products(dataset.input_shape),
        traffic=longer * 28.0 * model.num_parameters() * num_steps,
        calls=longer * num_steps * len(model.layers()),
    )


def remarks(run: Run) -> list[str]:
    """Return a warning if a training ended where it had diverged."""
    last = run.table("training").sort_values("epoch").iloc[-1]
    if not last.get("diverged"):
        return []
    return [
        f"Training diverged: the loss rose to more than twice its first value, and only {last['train_accuracy']:.1%} "
        "of the training images are classified as labelled. "
        f"Try a smaller --lr than {run.config['lr']:g}, or --layer-norm."
    ]


def _time_at_bf16(model: Network) -> float:
    """Return the time of a step at bf16 on this processor over that at fp32; 1 if it is not known."""
    largest = max(parameter.numel() for parameter in model.parameters())
    return bfloat16_time(instruction_set(), largest) or 1.0


def _held_bytes(config: TrainConfig, num_parameters: int) -> int:
    """Return the memory of what a training holds besides a pass, without the process itself.

    In float32: parameters, initial parameters, gradient and the optimizer's moments. At bf16 the gradient takes half of
    that, and a working copy of the parameters the other half. A gradient penalty takes the first and second derivative
    and intermediate values; tracking takes a gradient, its sum, weight decay, and what differentiation
    allocates. Another run that is gone on from adds the parameters that it began with.
    """
    copies = 3 + num_moments(config) + 3 * bool(config.gradient_penalty) + 4 * bool(config.track) + bool(config.start)
    return 4 * copies * num_parameters


def as_trained_on(config: TrainConfig, dataset: Dataset) -> Dataset:
    """Return a data set with the training images and labels that a config trains on: its subset, its label noise."""
    train = dataset.train
    if config.train_size:
        train = subset(train, config.train_size, generator(config.seed, "train-subset"))
    source = generator(config.seed, "label-noise")
    labels = with_label_noise(train.labels, config.label_noise, dataset.num_classes, source)
    return Dataset(dataset.name, Split(train.images, labels), dataset.test, dataset.num_classes)


def trained_on(made: WithNetwork, dataset: Dataset) -> Dataset:
    """Return a data set as the network of a run was trained on it; all of it, if that was elsewhere."""
    return as_trained_on(made, dataset) if isinstance(made, TrainConfig) else dataset


def first_trained_on(run: Run, dataset: Dataset, samples: int | None) -> Split:
    """Return the first of the images that the network of a run was trained on; all of them if no number is given.

    Raises:
        UsageError: If there are not as many.
    """
    train = trained_on(made_by(run), dataset).train
    if samples is not None and samples > len(train):
        raise UsageError(
            f"--samples {samples} is more than the {len(train)} images that {run.id} was trained on.",
            f"Give at most {len(train)}.",
        )
    return train.first(len(train) if samples is None else samples)


def trainer_at_start(
    config: TrainConfig, seen: Dataset, targets: Tensor | None = None, start: Start | None = None
) -> Trainer:
    """Return a trainer before its first step: the config's initial network, and what it trains on.

    Args:
        config: Resolved options.
        seen: Data set as trained on.
        targets: Class probabilities that are learned instead of labels, ``(n, num_classes)`` float32; None for labels.
        start: What it goes on from; None for random parameters.
    """
    source = generator(config.seed, "initial-parameters")
    model = build_model(config, seen.input_shape, seen.num_classes, source).to(config.device)
    take_statistics(model, seen.train.first(min(len(seen.train), MAX_TRAIN_EVALUATED)).images)
    if start is None:
        return Trainer(config, model, seen, targets)
    model.load_state_dict(start.tensors)
    origin = start.origin()
    return Trainer(config, model, seen, targets, origin.tensors if origin else None)


def _go_on(run: Run, dataset: Dataset, start: Start | None, progress: OnProgress) -> None:
    """Train from a run's current state to the end, by its own config; the caller holds its lock."""
    config = TrainConfig.from_mapping(run.config, run.id)
    require_same_code(run)
    require_same_teacher(run)
    state = run.checkpoint(RESUME) if run.has_state(RESUME) else None
    if "initial" in run.states:
        run.log(RESUMED)
    run.reopen()
    with fast_float32(config.threads or num_cores(), config.device):
        seen = as_trained_on(config, dataset)
        trainer = trainer_at_start(config, seen, taught(config, seen, run.path.parent), start)
        _train(run, trainer, state, progress)


def _train(run: Run, trainer: Trainer, state: Checkpoint | None, progress: OnProgress) -> None:
    model, tracker = trainer.model, Tracker(trainer)
    if "initial" not in run.states:
        run.save_state("initial", model.state_dict(), {"step": 0})
    if state is not None:
        _restore(run, tracker, state)
    try:
        with stop_request() as stop:
            _follow(run, tracker, stop, progress)
    except (DivergedError, UsageError) as error:
        _save_tables(run, tracker)
        run.finish("failed", error.problem)
        raise
    run.save_state(FINAL, model.state_dict(), {"step": trainer.progress.step})
    _save_tables(run, tracker)
    run.drop_state(RESUME)
    run.finish("complete")


def _restore(run: Run, tracker: Tracker, state: Checkpoint) -> None:
    """Restore a training to its run's current state."""
    try:
        tracker.trainer.restore(state.tensors, Progress.from_mapping(state.about))
        tracker.tracked = Tracked.from_mapping(state.about["tracked"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        problem = f"The state 'resume' of {run.id} has another format: {error}."
        raise DataError(problem, "Use the version of geomgen that made it, or train again.") from error


def _follow(run: Run, tracker: Tracker, stop: StopRequest, progress: OnProgress) -> None:
    """Run the training, recording and saving along the way."""
    trainer = tracker.trainer
    saved_at, interval_s = time.monotonic(), SHORTEST_SAVE_INTERVAL_S
    tracker.look()
    for row in trainer.run():
        tracker.look()
        progress(trainer.progress.step, trainer.num_steps, _note(trainer))
        if row is not None:
            _end_epoch(run, trainer, row)
        if stop:
            _save_progress(run, tracker)
            run.finish("interrupted", f"stopped at step {trainer.progress.step}")
            raise InterruptedRunError(
                f"{run.id} stopped at step {trainer.progress.step} of {trainer.num_steps}.",
                f"Resume it with: geomgen train --resume {shlex.quote(str(run.path))}",
            )
        if time.monotonic() - saved_at > interval_s:
            began = time.monotonic()
            _save_progress(run, tracker)
            saved_at = time.monotonic()
            interval_s = max(SHORTEST_SAVE_INTERVAL_S, (saved_at - began) / LARGEST_SAVE_SHARE)


def _end_epoch(run: Run, trainer: Trainer, row: TrainingRow) -> None:
    run.log(
        f"epoch {row.epoch}/{trainer.config.epochs} train loss {row.train_loss:.4f} "
        f"test loss {row.test_loss:.4f} test accuracy {row.test_accuracy:.4f} {row.wall_time_s:.1f} s"
        f"{', diverged' * bool(row.diverged)}"
    )
    every = trainer.config.checkpoint_every
    if every and row.epoch % every == 0:
        run.save_state(f"step-{row.step:06d}", trainer.model.state_dict(), {"step": row.step})


def _save_progress(run: Run, tracker: Tracker) -> None:
    about = tracker.trainer.progress.to_mapping() | {"tracked": tracker.tracked.to_mapping()}
    run.save_state(RESUME, tracker.trainer.tensors(), about)
    _save_tables(run, tracker)


def _save_tables(run: Run, tracker: Tracker) -> None:
    tables: dict[str, Sequence[Any]] = {
        "training": tracker.trainer.progress.rows,
        "implicit_regularization": tracker.tracked.gradients,
        "trajectory": tracker.tracked.points,
    }
    for name, rows in tables.items():
        if rows:
            run.add_rows(name, rows)


def _note(trainer: Trainer) -> str:
    rows = trainer.progress.rows
    done = f"epoch {trainer.epoch}/{trainer.config.epochs}"
    return f"{done}, test accuracy {rows[-1].test_accuracy:.1%}" if rows else done
