"""The teacher of a training: an earlier run whose trained network it imitates."""

from pathlib import Path

import torch
from torch import Tensor

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.transforms import as_float
from geomgen.errors import DataError
from geomgen.experiments.load_run import load_state, run_model
from geomgen.models.layers import EVALUATION_BATCH_SIZE
from geomgen.store.run import Run

STATE = "final"


def teacher_facts(config: TrainConfig) -> dict[str, object]:
    """Return the digest of the checkpoint that a training learns from; nothing if it learns labels.

    Raises:
        DataError: If there is no such run, or it has no trained network.
    """
    if config.teacher is None:
        return {}
    run = Run(Path(config.teacher))
    entry = run.require_finished().files.get(f"checkpoints/{STATE}.safetensors")
    if entry is None:
        raise DataError(f"{run.id} cannot teach: it has no trained network.", "Name a finished training.")
    return {"teacher_sha256": entry["sha256"]}


@torch.no_grad()
def taught(config: TrainConfig, dataset: Dataset) -> Tensor | None:
    """Return the teacher's probabilities of the classes of each training image; None if there is no teacher.

    Args:
        config: Options of the student.
        dataset: As the student is trained on.

    Returns:
        ``(n, num_classes)`` float32.

    Raises:
        DataError: If the teacher is damaged, or was trained on other images or classes.
    """
    if config.teacher is None:
        return None
    run = Run(Path(config.teacher))
    if run.facts["input_shape"] != list(dataset.input_shape) or run.facts["num_classes"] != dataset.num_classes:
        raise DataError(f"{run.id} cannot teach: its images or classes are of another number.", "Name another run.")
    model = run_model(run, dataset)
    load_state(run, model, STATE)
    logits = [model(as_float(images)) for images in dataset.train.images.split(EVALUATION_BATCH_SIZE)]
    return torch.cat(logits).softmax(1)
