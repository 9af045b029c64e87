"""A finished, measured run for commands that read one: trained once, copied for each test."""

import shutil
from pathlib import Path

import pytest

from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.experiments.train import train
from geomgen.experiments.volume import volume
from geomgen.store.run import Run


@pytest.fixture(scope="session")
def measured_run(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training of one epoch at width 8, with its volume; not to be changed."""
    run = train(TrainConfig(data=str(data_file), width=8, epochs=1, threads=1), tmp_path_factory.mktemp("measured"))
    volume(run, VolumeConfig(threads=1))
    return run


@pytest.fixture
def run_dir(measured_run: Run, tmp_path: Path) -> Path:
    """The directory of such a run, alone in its folder of runs and free to be changed."""
    return shutil.copytree(measured_run.path, tmp_path / "folder" / measured_run.id)
