"""A run is known by the content of what its options name, not by where that lay."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.regress import RffConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError
from geomgen.experiments.content import content_facts, data_remarks, data_source, located, source_run
from geomgen.experiments.derivatives import measure as jacobian
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.store.run import Run
from tests.conftest import Command
from tests.processes import start

SMALL = {"width": 4, "epochs": 1, "threads": 1}


@pytest.fixture
def data(data_file: Path, tmp_path: Path) -> Path:
    """A copy of the data set that can be moved and changed."""
    return Path(shutil.copy(data_file, tmp_path / "images.npz"))


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def _trained(data: Path, runs_dir: Path, **options: object) -> Run:
    return train(TrainConfig(**{**SMALL, "data": str(data), **options}), runs_dir, reuse=True)  # type: ignore[arg-type]


def test_moved_data_are_the_same_experiment_and_changed_data_another(data: Path, runs_dir: Path) -> None:
    first = _trained(data, runs_dir)
    moved = data.rename(data.with_name("elsewhere.npz"))
    assert _trained(moved, runs_dir).id == first.id
    with np.load(moved) as arrays:
        np.savez(data, **{**arrays, "y_test": (arrays["y_test"] + 1) % 4})
    assert _trained(data, runs_dir).id != first.id


def test_a_folder_with_the_name_of_drawn_samples_is_not_their_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "synthetic").mkdir()
    assert located(RffConfig(data="synthetic"), tmp_path).data == "synthetic"
    assert data_remarks([RffConfig(data="synthetic"), VolumeConfig()]) == {}


def test_moved_data_are_found_by_another_runs_path_or_as_they_are_given(data: Path, runs_dir: Path) -> None:
    run = _trained(data, runs_dir)
    moved = data.rename(data.with_name("elsewhere.npz"))
    with pytest.raises(DataError, match=r"no longer at .*images.npz. Give its new path with --data PATH"):
        data_source(run)
    assert jacobian(run, JacobianConfig(samples=2, data=str(moved), threads=1))
    _trained(moved, runs_dir, seed=1)
    assert data_source(run) == str(moved)


def test_other_data_are_refused_where_the_same_are_meant(
    data: Path, data_file: Path, runs_dir: Path, tmp_path: Path
) -> None:
    run = _trained(data, runs_dir)
    with np.load(data_file) as arrays:
        np.savez(tmp_path / "other.npz", **{**arrays, "y_test": (arrays["y_test"] + 1) % 4})
    with pytest.raises(DataError, match=r"other.npz has changed since .* was trained on it"):
        jacobian(run, JacobianConfig(samples=2, data=str(tmp_path / "other.npz"), threads=1))


def test_a_name_that_stands_for_other_data_than_the_folder_here_is_explained(
    data: Path, runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _trained(data, runs_dir)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").mkdir()
    with pytest.raises(DataError, match=r"mnist has changed .* the folder here is --data \./mnist\. Restore"):
        jacobian(run, JacobianConfig(samples=2, data="mnist", threads=1))


def test_an_interrupted_run_goes_on_with_data_that_have_moved(geomgen: Command, data: Path, runs_dir: Path) -> None:
    whole = _trained(data, runs_dir)
    again = geomgen("rerun", whole.path, "--runs-dir", runs_dir, "-q")
    run = Run(Path(again.stdout.strip()))
    (run.path / "manifest.json").unlink()
    moved = data.rename(data.with_name("elsewhere.npz"))
    resumed = geomgen("train", "--resume", run.path, "--data", moved, "-q")
    assert resumed.returncode == 0, resumed.stderr
    assert Run(run.path).status == "complete"


def test_a_teacher_is_the_same_by_id_and_path_and_after_its_folder_has_moved(data: Path, runs_dir: Path) -> None:
    teacher = _trained(data, runs_dir)
    config = TrainConfig(**SMALL, data=str(data), teacher=teacher.id, seed=3)  # type: ignore[arg-type]
    student = train(config, runs_dir, reuse=True)
    assert student.config["teacher"] == teacher.id
    assert student.facts["teacher_sha256"] == teacher.state_sha256("final")
    for name in (str(teacher.path), teacher.id[:-2]):
        assert _trained(data, runs_dir, teacher=name, seed=3).id == student.id
    elsewhere = runs_dir.rename(runs_dir.with_name("moved"))
    assert _trained(data, elsewhere, teacher=str(runs_dir / teacher.id), seed=3).id == student.id
    assert source_run(str(runs_dir / teacher.id), elsewhere).path == elsewhere / teacher.id


def test_a_teacher_of_another_folder_is_named_by_its_path(data: Path, runs_dir: Path, tmp_path: Path) -> None:
    teacher = _trained(data, tmp_path / "teachers")
    config = located(TrainConfig(teacher=str(teacher.path)), runs_dir)
    assert config.teacher == str(teacher.path.resolve())
    assert content_facts(config, runs_dir, None) == {"teacher_sha256": teacher.state_sha256("final")}


def test_a_sweep_knows_what_is_done_wherever_data_and_teacher_are(
    geomgen: Command, data: Path, runs_dir: Path, tmp_path: Path
) -> None:
    teacher = _trained(data, runs_dir)
    student = _trained(data, runs_dir, teacher=teacher.id, seed=3)
    moved = data.rename(data.with_name("elsewhere.npz"))
    recipe = tmp_path / "students.toml"
    for name in (teacher.id, str(teacher.path)):
        recipe.write_text(f'[set]\nwidth = 4\nepochs = 1\nseed = 3\ndata = "{moved}"\n[grid]\nteacher = ["{name}"]\n')
        planned = geomgen("sweep", recipe, "--runs-dir", runs_dir, "--dry-run", "--format", "csv").stdout
        assert "done,no" in planned
        assert student.id in planned


@pytest.mark.parametrize("name", ["my_nets.py", "my_parts.py"])
def test_changed_code_is_another_experiment_and_verify_tells(
    geomgen: Command, data: Path, runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "my_parts.py").write_text("from torch import nn\n\ndef first():\n    return nn.Linear(36, 5)\n")
    (tmp_path / "my_nets.py").write_text(
        "from torch import nn\nfrom my_parts import first\n\ndef net(input_shape, num_classes):\n"
        "    return nn.Sequential(nn.Flatten(), first(), nn.ReLU(), nn.Linear(5, num_classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    options = ("train", "--arch", "my_nets:net", "--data", data, "--epochs", 1, "--runs-dir", runs_dir, "-q", "--reuse")

    def made() -> str:
        """Make the run in a process that has not imported the modules yet, and return its directory."""
        process = start(*options, "--threads", 1, output=tmp_path / "told")
        process.join()
        assert process.exitcode == 0
        return (tmp_path / "told").read_text()

    first = made()
    assert made() == first
    assert set(Run(Path(first.strip())).facts["code_sha256"]) == {"my_nets.py", "my_parts.py"}
    (tmp_path / name).write_text((tmp_path / name).read_text() + "\n# another\n")
    told = geomgen("verify", first.strip())
    assert told.returncode == 0
    assert name in told.stdout
    assert made() != first


def test_a_student_is_made_again_in_another_folder_with_data_that_have_moved(
    data: Path, runs_dir: Path, tmp_path: Path
) -> None:
    student = _trained(data, runs_dir, teacher=_trained(data, runs_dir).id, seed=3)
    moved = data.rename(data.with_name("elsewhere.npz"))
    _trained(moved, runs_dir, seed=1)
    again = rerun(student, tmp_path / "other")
    tables = [run.table("training").drop(columns=["run_id", "wall_time_s"]) for run in (student, again)]
    assert tables[0].equals(tables[1])
    assert again.facts == student.facts
    assert again.config["data"] == str(moved)


def test_a_sweep_knows_its_runs_of_a_network_of_ones_own(
    geomgen: Command, data: Path, runs_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net_of_a_sweep.py").write_text(
        "from torch import nn\n\ndef net(input_shape, num_classes, width=5):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(36, width), nn.ReLU(), nn.Linear(width, num_classes))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "own.toml").write_text(
        f'[set]\narch = "net_of_a_sweep:net"\nepochs = 1\ndata = "{data}"\n[grid]\nseed = [0, 1]\n'
    )
    made = _trained(data, runs_dir, arch="net_of_a_sweep:net", width=None)
    listed = geomgen("sweep", "own.toml", "--runs-dir", runs_dir, "--dry-run", "--format", "json").stdout
    assert [(line["status"], line["run_id"]) for line in json.loads(listed)] == [("done", made.id), ("missing", None)]
