"""The network and the data set of a run, checked to be those that it was made with."""

import math
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from geomgen.config.architecture import OWN
from geomgen.config.import_run import ImportConfig, WithNetwork
from geomgen.config.procedure import MSE, ProcedureConfig
from geomgen.config.registry import NETWORKS
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset, shadowed
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, UsageError
from geomgen.experiments.content import data_source, source_run, source_state, start_sha256, teacher_sha256
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, START_DIGEST, TEACHER_DIGEST
from geomgen.models.build import skeleton
from geomgen.models.code import changed_files, module_of_file, require_module
from geomgen.models.functional.loss import LOSSES
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import EVALUATION_BATCH_SIZE, Network
from geomgen.models.trial import require_second_derivatives
from geomgen.store.layout import FINAL
from geomgen.store.run import Run


def dataset_of(config: ProcedureConfig | ImportConfig) -> Dataset:
    """Return the data set that a config names, with the images that it asks for.

    Raises:
        DataError: If it is not found, or damaged.
        UsageError: If the images cannot be pooled so, or there are not so many classes.
    """
    return load_dataset(config.data, config.pool, config.classes)


def outline(config: WithNetwork) -> tuple[Network, Dataset]:
    """Return the network of a config, for its sizes alone, and its data set.

    The network is shared between calls: a sweep asks for it once for its run and once for each measure.

    Raises:
        DataError: If the data set is not found, or damaged.
        UsageError: If the images do not fit the network.
    """
    dataset = dataset_of(config)
    return shared_skeleton(config, dataset.input_shape, dataset.num_classes), dataset


shared_skeleton = lru_cache(maxsize=8)(skeleton)
"""The network of a config, for its sizes alone; the last few are kept."""


def run_dataset(run: Run, source: str | None = None) -> Dataset:
    """Return the data set of a run, checked to be the one that it was trained on.

    Args:
        run: The run.
        source: Path of its data set; searched for if not given.

    Raises:
        DataError: If it is not found, or its content has changed.
    """
    source = data_source(run, source)
    dataset = load_dataset(source, run.config.get("pool", 1), run.config.get("classes"))
    if dataset.sha256 != run.facts[DATA_DIGEST]:
        remedy = f"{shadowed(source)} Restore the data, or train again.".strip()
        raise DataError(f"{source} has changed since {run.id} was trained on it.", remedy)
    return dataset


def require_same_code(run: Run) -> None:
    """Refuse a run of a user's own code, before any of it runs, if a file that defines it has changed.

    Raises:
        DataError: If one has changed since the run was made, or is missing.
        UsageError: If there is no such module or file.
    """
    if CODE_DIGEST not in run.facts:
        return
    potential = run.config.get("potential")
    if potential is None:
        require_module(run.config["arch"])
    else:
        module_of_file(Path(potential))
    changed = changed_files(run.facts[CODE_DIGEST])
    if changed:
        code = f"--arch {run.config['arch']}" if potential is None else f"--potential {potential}"
        raise DataError(
            f"A file of {code} has changed since {run.id} was made: {changed[0]} differs, or is no longer on "
            "PYTHONPATH.",
            "Restore it, or train again.",
        )


def require_same_teacher(run: Run) -> None:
    """Refuse to continue or repeat a training whose teacher has changed since it began.

    Raises:
        DataError: If it has, or is missing.
    """
    digest = run.facts.get(TEACHER_DIGEST)
    if digest is not None and digest != teacher_sha256(source_run(run.config["teacher"], run.path.parent)):
        raise DataError(f"The teacher of {run.id} has changed since it began.", "Restore it, or train again.")


def require_same_start(run: Run) -> None:
    """Refuse to continue or repeat a training if what it goes on from has changed since it began.

    Raises:
        DataError: If it has, or is missing.
    """
    digest = run.facts.get(START_DIGEST)
    if digest is not None and digest != start_sha256(*source_state(run.config["start"], run.runs_dir)):
        raise DataError(f"What {run.id} goes on from has changed since it began.", "Restore it, or train again.")


def require_same_content(run: Run, data: str | None) -> None:
    """Refuse to make a run again from other data, another teacher, start or other code than it was made from.

    Args:
        run: The run.
        data: Path of its data set; searched for if not given.

    Raises:
        DataError: If one has changed, or is missing.
        UsageError: If there is no module of its code.
    """
    require_same_code(run)
    require_same_teacher(run)
    require_same_start(run)
    if DATA_DIGEST in run.facts:
        run_dataset(run, data)


def require_teacher_of_same_data(config: TrainConfig, dataset: Dataset, runs_dir: Path) -> None:
    """Refuse a teacher whose images or labels are not those that its student will see and be tested on.

    Raises:
        DataError: If it was trained on other data, even of the same shape, has no trained network, or is missing.
    """
    if config.teacher is None:
        return
    run = source_run(config.teacher, runs_dir)
    teacher_sha256(run)
    if run.facts.get(DATA_DIGEST) != dataset.sha256:
        raise DataError(
            f"{run.id} cannot be the teacher: it was trained on other data ({run.config.get('data', 'none')}).",
            "Name a run that was trained on the same data, or train one.",
        )


def require_teacher_of_fitting_loss(config: TrainConfig, runs_dir: Path) -> None:
    """Refuse to learn by cross-entropy from a teacher that was trained with mse: its outputs are no probabilities.

    Raises:
        UsageError: If the losses are such.
        DataError: If the teacher is missing.
    """
    if config.teacher is None or config.loss == MSE:
        return
    run = source_run(config.teacher, runs_dir)
    if made_by(run).loss == MSE:
        raise UsageError(
            f"{run.id} was trained with --loss {MSE}, so that it has no class probabilities for --loss {config.loss}.",
            f"Choose --loss {MSE}, or a teacher trained with --loss {config.loss}.",
        )


def run_model(run: Run, dataset: Dataset) -> Network:
    """Return the network of a run, without the parameters of any of its states.

    Raises:
        DataError: If it is a user's own, and its code has changed.
    """
    require_same_code(run)
    return skeleton(made_by(run), dataset.input_shape, dataset.num_classes)


def made_by(run: Run) -> WithNetwork:
    """Return the config of a run that holds a network.

    Raises:
        UsageError: If this version does not accept it.
    """
    config: WithNetwork = NETWORKS[run.experiment].config.from_mapping(run.config, run.id)  # type: ignore[assignment]
    return config


def run_function(
    run: Run,
    model: Network,
    state: str,
    inputs: Float[Tensor, "n ..."],
    labels: Int64[Tensor, " n"],
    *,
    chunk_size: int = EVALUATION_BATCH_SIZE,
) -> NetworkFunction:
    """Return a run's network with its loss as a function of its parameters, on the device of some images.

    Args:
        run: The run.
        model: The network; the parameters of the state are loaded into it.
        state: Name of the state.
        inputs: Images that will pass.
        labels: Their classes.
        chunk_size: Samples per pass.

    Raises:
        DataError: If there is no such state, it is damaged, or the loss is not finite.
        UsageError: If it is a user's own, and torch cannot differentiate it twice.
    """
    made = made_by(run)
    load_state(run, model, state)
    network = NetworkFunction(model.to(inputs.device), loss=LOSSES[made.loss], chunk_size=chunk_size)
    if made.kind == OWN:
        require_second_derivatives(made.arch, network, inputs, labels)
    loss = float(network.loss(network.parameters().to(inputs.dtype), inputs, labels))
    require_finite(run, state, f"a loss of {loss} on the training images", math.isfinite(loss))
    return network


def load_state(run: Run, model: Network, state: str) -> None:
    """Load the parameters of one of its run's states into a network.

    Raises:
        DataError: If there is no such state, it is damaged, it does not fit the network, or a parameter is not finite.
    """
    tensors = run.checkpoint(state).tensors
    expected = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if {name: tensor.shape for name, tensor in tensors.items()} != expected:
        raise DataError(f"The state '{state}' of {run.id} does not fit its network.", "Train again.")
    model.load_state_dict(tensors, assign=True)
    for name, parameter in model.named_parameters():
        is_finite = bool(parameter.isfinite().all())
        require_finite(run, state, f"parameters that are not finite numbers: {name}", is_finite)


def require_finite(run: Run, state: str, what: str, is_finite: bool) -> None:
    """Refuse a state of which nothing can be measured, as a training that diverged may leave it.

    Args:
        run: The run.
        state: Name of the state.
        what: What it has if it is such a state.
        is_finite: Whether it is not.

    Raises:
        DataError: If it is.
    """
    if not is_finite:
        raise DataError(
            f"The state '{state}' of {run.id} has {what}.",
            "Choose an earlier state, or train again with a smaller --lr.",
        )


def release_state(model: Network) -> None:
    """Free the memory of a network's state, until `load_state` is called again."""
    shapes = {name: torch.empty_like(tensor, device="meta") for name, tensor in model.state_dict().items()}
    model.load_state_dict(shapes, assign=True)


def taught(config: TrainConfig, dataset: Dataset, runs_dir: Path) -> Tensor | None:
    """Return what a teacher teaches for each training image: class probabilities, or what mse trained it to output.

    None if there is no teacher.

    Args:
        config: Options of the student.
        dataset: As the student is trained on.
        runs_dir: Folder of runs in which to look for the teacher.

    Returns:
        ``(n, num_classes)`` float32.

    Raises:
        DataError: If the teacher is damaged.
    """
    if config.teacher is None:
        return None
    run = source_run(config.teacher, runs_dir)
    model = run_model(run, dataset)
    load_state(run, model, FINAL)
    with torch.no_grad():
        logits = [model(as_float(images)) for images in dataset.train.images.split(EVALUATION_BATCH_SIZE)]
    outputs = torch.cat(logits)
    return outputs if made_by(run).loss == MSE else outputs.softmax(1)
