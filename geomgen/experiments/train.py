"""``geomgen train``: from a config to a run with checkpoints and a record of the training."""

import time
from pathlib import Path

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset, Split
from geomgen.data.load import absolute_source, load_dataset
from geomgen.data.transforms import subset, with_label_noise
from geomgen.errors import DataError, DivergedError, GeomgenError, InterruptedRunError, UsageError
from geomgen.experiments.machine import (
    BASE_BYTES,
    OnProgress,
    StopRequest,
    chosen_device,
    num_cores,
    require_memory,
    silent,
    stop_request,
)
from geomgen.models.build import build_model, outline
from geomgen.numerics.seeds import generator
from geomgen.store.catalog import runs
from geomgen.store.checkpoint import Checkpoint
from geomgen.store.run import Run, create_run
from geomgen.training.loop import Progress, Trainer, TrainingRow
from geomgen.training.optimizer import NUM_MOMENTS
from geomgen.training.precision import fast_float32

NAME = "train"
SHORTEST_SAVE_INTERVAL_S = 30.0
LARGEST_SAVE_SHARE = 0.05


def train(config: TrainConfig, runs_dir: Path, *, reuse: bool = False, progress: OnProgress = silent) -> Run:
    """Train one network in a new run directory.

    Args:
        config: Options; defaults are filled in.
        runs_dir: Folder of runs.
        reuse: Whether a finished run of the same config is returned instead, and an unfinished one taken up again.
        progress: Told of every measured step.

    Returns:
        The finished run.

    Raises:
        UsageError: If an option cannot be carried out here.
        DataError: If the data set is damaged.
        DivergedError: If the loss stopped being finite; the run is then marked failed.
        InterruptedRunError: If it was asked to stop; the run can be resumed.
    """
    threads = config.threads or num_cores()
    data = absolute_source(config.data)
    config = config.resolved(device=chosen_device(config.device), threads=threads, data=data)
    with fast_float32(threads, config.device):
        return _train_new(config, runs_dir, reuse, progress)


def _train_new(config: TrainConfig, runs_dir: Path, reuse: bool, progress: OnProgress) -> Run:
    dataset = load_dataset(config.data)
    facts = _checked_facts(config, dataset)
    if reuse and (earlier := _same_run(runs_dir, config, facts)) is not None:
        return earlier if earlier.status == "complete" else resume(earlier, progress=progress)
    label = f"{config.arch}-w{config.width}-s{config.seed}"
    run = create_run(runs_dir, NAME, label, config.to_mapping(), facts)
    with run.lock():
        _train(run, config, dataset, progress)
    return run


def resume(run: Run, *, progress: OnProgress = silent) -> Run:
    """Go on with an unfinished or interrupted training; it ends with the bits of an undisturbed one.

    Returns:
        The same run, finished.

    Raises:
        UsageError: If the run is finished, or in use.
        DataError: If the run's files or its data set are damaged.
    """
    if run.status in {"complete", "failed"}:
        reason = f": {run.reason}" if run.reason else ""
        raise UsageError(
            f"{run.id} cannot be resumed: it is {run.status}{reason}", "Start a new run with: geomgen train"
        )
    config = TrainConfig.from_mapping(run.config, run.id)
    with run.lock(), fast_float32(config.threads or num_cores(), config.device):
        dataset = run_dataset(run)
        state = run.checkpoint("resume") if (run.path / "checkpoints" / "resume.safetensors").exists() else None
        run.reopen()
        run.log("resumed")
        _train(run, config, dataset, progress, state=state)
    return run


def run_dataset(run: Run) -> Dataset:
    """Return the data set of a run, checked to be the one that it was trained on.

    Raises:
        DataError: If its content has changed since.
    """
    dataset = load_dataset(run.config["data"])
    if dataset.sha256 != run.facts["data_sha256"]:
        raise DataError(
            f"{run.config['data']} has changed since {run.id} was trained on it.", "Restore the data, or train again."
        )
    return dataset


def _checked_facts(config: TrainConfig, dataset: Dataset) -> dict[str, object]:
    """Return what is known before training starts, having made sure that it can."""
    if config.train_size and config.train_size > len(dataset.train):
        raise UsageError(
            f"--train-size {config.train_size} is more than the {len(dataset.train)} training images there are.",
            f"Give at most {len(dataset.train)}.",
        )
    model = outline(config, dataset.input_shape, dataset.num_classes)
    needed = BASE_BYTES + training_bytes(config, model.num_parameters())
    require_memory(needed, f"Training --width {config.width}", "Choose a smaller --width or --depth.")
    return {
        "num_parameters": model.num_parameters(),
        "layers": [layer.name for layer in model.layers()],
        "input_shape": list(dataset.input_shape),
        "num_classes": dataset.num_classes,
        "data_sha256": dataset.sha256,
    }


def training_bytes(config: TrainConfig, num_parameters: int) -> int:
    """Return the memory that training takes at its peak, but for the process itself.

    In float32: parameters, initial parameters, gradient and the optimizer's moments. At bf16 the gradient takes half of
    that, and a working copy of the parameters the other half.
    """
    return 4 * (3 + NUM_MOMENTS[config.optimizer]) * num_parameters


def _same_run(runs_dir: Path, config: TrainConfig, facts: dict[str, object]) -> Run | None:
    """Return the best earlier run of a config: a complete one, or one that can be resumed."""
    candidates = []
    for run in runs(runs_dir):
        try:
            same = run.experiment == NAME and run.facts == facts
            if same and TrainConfig.from_mapping(run.config, run.id).fingerprint() == config.fingerprint():
                candidates.append(run)
        except GeomgenError:
            continue
    usable = [run for run in candidates if run.status != "failed"]
    return max(usable, key=lambda run: run.status == "complete", default=None)


def _as_trained_on(config: TrainConfig, dataset: Dataset) -> Dataset:
    train = dataset.train
    if config.train_size:
        train = subset(train, config.train_size, generator(config.seed, "train-subset"))
    source = generator(config.seed, "label-noise")
    labels = with_label_noise(train.labels, config.label_noise, dataset.num_classes, source)
    return Dataset(dataset.name, Split(train.images, labels), dataset.test, dataset.num_classes)


def _train(
    run: Run, config: TrainConfig, dataset: Dataset, progress: OnProgress, state: Checkpoint | None = None
) -> None:
    source = generator(config.seed, "initial-parameters")
    model = build_model(config, dataset.input_shape, dataset.num_classes, source).to(config.device)
    if "initial" not in run.states:
        run.save_state("initial", dict(model.named_parameters()), {"step": 0})
    trainer = Trainer(config, model, _as_trained_on(config, dataset))
    if state is not None:
        trainer.restore(state.tensors, Progress.from_mapping(state.about))
    try:
        with stop_request() as stop:
            _follow(run, trainer, stop, progress)
    except DivergedError as error:
        _save_table(run, trainer)
        run.finish("failed", error.problem)
        raise
    run.save_state("final", dict(model.named_parameters()), {"step": trainer.progress.step})
    _save_table(run, trainer)
    (run.path / "checkpoints" / "resume.safetensors").unlink(missing_ok=True)
    run.finish("complete")


def _follow(run: Run, trainer: Trainer, stop: StopRequest, progress: OnProgress) -> None:
    """Carry the training through, saving on the way."""
    saved_at, interval_s = time.monotonic(), SHORTEST_SAVE_INTERVAL_S
    for row in trainer.run():
        progress(trainer.progress.step, trainer.num_steps, _note(trainer))
        if row is not None:
            _end_epoch(run, trainer, row)
        if stop:
            _save_progress(run, trainer)
            run.finish("interrupted", f"stopped at step {trainer.progress.step}")
            raise InterruptedRunError(
                f"{run.id} stopped at step {trainer.progress.step} of {trainer.num_steps}.",
                f"Go on with: geomgen train --resume {run.path}",
            )
        if time.monotonic() - saved_at > interval_s:
            began = time.monotonic()
            _save_progress(run, trainer)
            saved_at = time.monotonic()
            interval_s = max(SHORTEST_SAVE_INTERVAL_S, (saved_at - began) / LARGEST_SAVE_SHARE)


def _end_epoch(run: Run, trainer: Trainer, row: TrainingRow) -> None:
    run.log(
        f"epoch {row.epoch}/{trainer.config.epochs} train loss {row.train_loss_nats:.4f} "
        f"test loss {row.test_loss_nats:.4f} test accuracy {row.test_accuracy:.4f} {row.wall_time_s:.1f} s"
    )
    every = trainer.config.checkpoint_every
    if every and row.epoch % every == 0:
        run.save_state(f"step-{row.step:06d}", dict(trainer.model.named_parameters()), {"step": row.step})


def _save_progress(run: Run, trainer: Trainer) -> None:
    run.save_state("resume", trainer.tensors(), trainer.progress.to_mapping())
    _save_table(run, trainer)


def _save_table(run: Run, trainer: Trainer) -> None:
    if trainer.progress.rows:
        run.add_rows("training", trainer.progress.rows)


def _note(trainer: Trainer) -> str:
    rows = trainer.progress.rows
    done = f"epoch {trainer.epoch}/{trainer.config.epochs}"
    return f"{done}, test accuracy {rows[-1].test_accuracy:.1%}" if rows else done
