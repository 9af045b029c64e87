"""A teacher's probabilities are those of its trained network; what cannot teach is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float
from geomgen.errors import DataError
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.teacher import taught, teacher_facts
from geomgen.experiments.train import train
from geomgen.store.run import Run
from tests.conftest import random_dataset
from tests.report.made_up_runs import RunMaker


@pytest.fixture(scope="module")
def teacher(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    config = TrainConfig(data=str(data_file), width=4, epochs=1, threads=1)
    return train(config, tmp_path_factory.mktemp("runs"))


def test_probabilities_are_those_of_the_final_network(teacher: Run, data_file: Path) -> None:
    config, dataset = TrainConfig(teacher=str(teacher.path)), load_dataset(str(data_file))
    found = taught(config, dataset)
    assert found is not None
    model = run_model(teacher, run_dataset(teacher))
    load_state(teacher, model, "final")
    with torch.no_grad():
        expected = model(as_float(dataset.train.images)).softmax(1)
    torch.testing.assert_close(found, expected)
    assert (found.dtype, tuple(found.shape)) == (torch.float32, (len(dataset.train), 4))
    sha256 = teacher.require_finished().files["checkpoints/final.safetensors"]["sha256"]
    assert teacher_facts(config) == {"teacher_sha256": sha256}


def test_labels_need_no_teacher() -> None:
    assert taught(TrainConfig(), random_dataset()) is None
    assert teacher_facts(TrainConfig()) == {}


def test_what_cannot_teach_is_refused(teacher: Run, tmp_path: Path) -> None:
    config = TrainConfig(teacher=str(teacher.path))
    for other in (random_dataset(side=5), random_dataset(num_classes=3)):
        with pytest.raises(DataError, match=f"{teacher.id} cannot teach: its images or classes are of another number"):
            taught(config, other)
    untrained = RunMaker(tmp_path)(epochs_done=1)
    with pytest.raises(DataError, match=f"{untrained.id} cannot teach: it has no trained network"):
        teacher_facts(replace(config, teacher=str(untrained.path)))
