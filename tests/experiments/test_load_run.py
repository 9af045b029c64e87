"""A run's network and data are those that it was made with, or it is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, UsageError
from geomgen.experiments.load_run import (
    load_state,
    release_state,
    require_teacher_of_fitting_loss,
    require_teacher_of_same_data,
    run_dataset,
    run_model,
    taught,
)
from geomgen.experiments.train import train
from geomgen.store.run import Run
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
