"""A run's network and data are those that it was made with, or it is refused."""

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from geomgen.config.diffusion import DiffusionConfig
from geomgen.config.hessian import HessianConfig
from geomgen.config.jacobian import JacobianConfig
from geomgen.config.llc import LlcConfig
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, UsageError
from geomgen.experiments import derivatives, diffusion, hessian, llc
from geomgen.experiments.load_run import (
    load_state,
    release_state,
    require_teacher_of_fitting_loss,
    require_teacher_of_same_data,
    run_dataset,
    run_model,
    taught,
)
from geomgen.experiments.probe_activations import probe_activations
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.run import Run, create_run
from tests.conftest import random_dataset


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of data of its own, which tests may change."""
    folder = tmp_path_factory.mktemp("runs")
    data = Path(shutil.copy(data_file, folder / "data.npz"))
    return train(TrainConfig(data=str(data), width=4, epochs=1, threads=1), folder / "runs")


def test_a_state_is_loaded_and_given_back(trained: Run) -> None:
    model = run_model(trained, run_dataset(trained))
    for state in ("initial", "final"):
        load_state(trained, model, state)
        saved = trained.checkpoint(state).tensors
        assert all(torch.equal(saved[name], tensor) for name, tensor in model.state_dict().items())
        release_state(model)
        assert all(tensor.is_meta for tensor in model.state_dict().values())


def test_a_state_of_another_network_does_not_fit(trained: Run) -> None:
    dataset = random_dataset(side=5)
    with pytest.raises(DataError, match=f"The state 'final' of {trained.id} does not fit its network"):
        load_state(trained, run_model(trained, dataset), "final")


def _with_final(run: Run, folder: Path, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> Run:
    """Return a copy of a run with one tensor of its final state changed."""
    tensors = dict(run.checkpoint("final").tensors)
    tensors[name] = change(tensors[name])
    copied = create_run(folder, run.experiment, "x", dict(run.config), dict(run.facts))
    for state, content in (("initial", run.checkpoint("initial").tensors), ("final", tensors)):
        copied.save_state(state, content, {"step": 0})
    copied.finish("complete")
    return copied


def _measures(run: Run) -> list[Callable[[], object]]:
    return [
        partial(volume, run, VolumeConfig(threads=1)),
        partial(probe_activations, run, ProbeActivationsConfig(statistics=True, threads=1)),
        partial(diffusion.measure, run, DiffusionConfig(threads=1)),
        partial(derivatives.measure, run, JacobianConfig(samples=8, threads=1)),
        partial(hessian.measure, run, HessianConfig(samples=8, threads=1)),
        partial(llc.measure, run, LlcConfig(samples=8, threads=1)),
    ]


def test_a_parameter_that_is_not_finite_is_told_by_every_measure(trained: Run, tmp_path: Path) -> None:
    with_infinity = partial(torch.index_fill, dim=0, index=torch.tensor(1), value=math.inf)
    run = _with_final(trained, tmp_path, "hidden1.linear.bias", with_infinity)
    told = "The state .final. of .* has parameters that are not finite numbers: hidden1.linear.bias"
    for measured in _measures(run):
        with pytest.raises(DataError, match=told):
            measured()


def test_activations_and_losses_that_are_not_finite_are_told(trained: Run, tmp_path: Path) -> None:
    """In float64 they are finite."""
    run = _with_final(trained, tmp_path, "hidden1.linear.weight", lambda weight: torch.full_like(weight, 1e38))
    volume_of, probe, *_, at_float32 = _measures(run)
    told = {
        "activations that are not finite numbers: hidden2": (volume_of, probe),
        "a loss of nan": (at_float32,),
    }
    for what, measures in told.items():
        for measured in measures:
            with pytest.raises(DataError, match=f"The state 'final' of .* has {what}"):
                measured()


def test_data_that_have_changed_are_refused(trained: Run, tmp_path: Path) -> None:
    data = Path(trained.config["data"])
    shutil.move(data, tmp_path / "kept")
    try:
        content = (tmp_path / "kept").read_bytes()
        data.write_bytes(content)
        assert run_dataset(trained).sha256 == trained.facts["data_sha256"]
        with np.load(tmp_path / "kept") as arrays:
            changed = {name: arrays[name] for name in arrays.files}
        changed["x_train"][0, 0, 0] ^= 1
        np.savez(data, **changed)
        with pytest.raises(DataError, match=f"has changed since {trained.id} was trained on it. Restore the data"):
            run_dataset(trained)
    finally:
        shutil.move(tmp_path / "kept", data)


def test_probabilities_of_a_teacher_are_those_of_its_final_network(trained: Run) -> None:
    dataset = run_dataset(trained)
    found = taught(TrainConfig(teacher=trained.id), dataset, trained.path.parent)
    assert found is not None
    model = run_model(trained, dataset)
    load_state(trained, model, "final")
    with torch.no_grad():
        expected = model(as_float(dataset.train.images)).softmax(1)
    torch.testing.assert_close(found, expected)
    assert (found.dtype, tuple(found.shape)) == (torch.float32, (len(dataset.train), 4))


def test_a_teacher_trained_with_mse_teaches_its_outputs_and_only_with_mse(data_file: Path, tmp_path: Path) -> None:
    teacher = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1, loss="mse"), tmp_path)
    dataset = run_dataset(teacher)
    model = run_model(teacher, dataset)
    load_state(teacher, model, "final")
    student = TrainConfig(data=str(data_file), width=4, epochs=1, threads=1, teacher=teacher.id, seed=1)
    with torch.no_grad():
        expected = model(as_float(dataset.train.images))
    found = taught(replace(student, loss="mse"), dataset, tmp_path)
    assert found is not None
    torch.testing.assert_close(found, expected)
    require_teacher_of_fitting_loss(replace(student, loss="mse"), tmp_path)
    with pytest.raises(UsageError, match="was trained with --loss mse, so that it has no class probabilities for"):
        train(student, tmp_path)


def test_labels_need_no_teacher_and_other_data_another(trained: Run, tmp_path: Path) -> None:
    assert taught(TrainConfig(), random_dataset(), tmp_path) is None
    require_teacher_of_same_data(TrainConfig(), random_dataset(), tmp_path)
    config = TrainConfig(teacher=str(trained.path))
    require_teacher_of_same_data(config, random_dataset(), tmp_path)
    relabelled = random_dataset()
    relabelled.train.labels[0] = 1 - relabelled.train.labels[0]
    for other in (random_dataset(side=5), random_dataset(num_classes=3), relabelled):
        with pytest.raises(DataError, match=f"{trained.id} cannot be the teacher: it was trained on other data"):
            require_teacher_of_same_data(config, other, tmp_path)
