"""``train`` as a whole: what it writes, how it resumes, and what it refuses."""

import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from geomgen import runs
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.train import LEARNING, TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.dataset import Split
from geomgen.data.transforms import as_float
from geomgen.errors import DataError, DiskError, DivergedError, GeomgenError, InterruptedRunError, UsageError
from geomgen.experiments.load_run import load_state, run_dataset, run_model
from geomgen.experiments.probe_activations import probe_activations
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import remarks, resume, train, work
from geomgen.experiments.volume import volume
from geomgen.models.functional.loss import LOSSES
from geomgen.store.run import Run
from geomgen.store.table import read_table, replaced_rows, to_table
from tests.conftest import random_dataset, save_dataset
from tests.report.made_up_runs import training_row


@pytest.fixture
def config(data_file: Path) -> TrainConfig:
    return TrainConfig(data=str(data_file), width=8, epochs=3, batch_size=16, threads=1, track_every=2)


def _bits(run: Run) -> dict[str, torch.Tensor]:
    return run.checkpoint("final").tensors


def _science(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["run_id", "wall_time_s"], errors="ignore")


def test_writes_everything_that_the_run_directory_promises(config: TrainConfig, tmp_path: Path) -> None:
    run = train(replace(config, checkpoint_every=2), tmp_path / "runs")
    files = {str(path.relative_to(run.path)) for path in run.path.rglob("*") if path.is_file()}
    assert files == {
        "config.json", "environment.json", "manifest.json", "log.txt", "tables/training.parquet",
        "checkpoints/initial.safetensors", "checkpoints/final.safetensors", "checkpoints/step-000032.safetensors",
    }  # fmt: skip
    assert run.status == "complete"
    assert run.manifest is not None
    assert files - {"manifest.json"} == set(run.manifest.files)
    assert run.config["width"] == 8
    assert run.config["threads"] == 1
    assert run.facts["layers"] == ["hidden1", "hidden2", "output"]
    frame = run.table("training")
    assert frame["epoch"].tolist() == [1, 2, 3]
    assert frame["step"].tolist() == [16, 32, 48]
    assert (frame["train_loss_nats"] > 0).all()


def test_floats_train_to_the_same_bits_as_their_bytes(config: TrainConfig, data_file: Path, tmp_path: Path) -> None:
    with np.load(data_file) as arrays:
        floats = {name: arrays[name] / np.float32(255) for name in ("x_train", "x_test")}
        np.savez(tmp_path / "floats.npz", **{**arrays, **floats})
    of_bytes, of_floats = (
        train(replace(config, data=str(path)), tmp_path) for path in (data_file, tmp_path / "floats.npz")
    )
    assert all(torch.equal(_bits(of_bytes)[name], tensor) for name, tensor in _bits(of_floats).items())
    assert of_bytes.facts["data_sha256"] != of_floats.facts["data_sha256"]


def test_initial_parameters_do_not_depend_on_how_a_network_learns(config: TrainConfig, tmp_path: Path) -> None:
    first = train(replace(config, epochs=1), tmp_path)
    other: dict[str, Any] = {
        "loss": "mse", "epochs": 2, "batch_size": 8, "optimizer": "sgd", "lr": 0.01, "weight_decay": 0.1,
        "momentum": 0.5, "clip_norm": 1.0, "gradient_penalty": 0.1, "teacher": str(first.path), "train_size": 16,
        "label_noise": 0.2,
    }  # fmt: skip
    assert {*other} == {*LEARNING}
    apart = ({"label_noise"}, {"teacher", "loss"}, {*other} - {"label_noise", "teacher", "loss"})
    for names in apart:
        run = train(replace(config, **{name: other[name] for name in names}), tmp_path)
        initial = run.checkpoint("initial").tensors
        assert all(torch.equal(initial[name], tensor) for name, tensor in first.checkpoint("initial").tensors.items())


def test_a_student_learns_the_probabilities_of_its_teacher(config: TrainConfig, tmp_path: Path) -> None:
    teacher = train(replace(config, seed=5, epochs=6), tmp_path / "runs")
    student = train(replace(config, epochs=40, lr=0.01, teacher=str(teacher.path)), tmp_path / "runs")
    assert student.facts["teacher_sha256"] != student.facts["data_sha256"]
    alone = train(replace(config, epochs=40, lr=0.01), tmp_path / "runs")
    images = as_float(run_dataset(teacher).train.images)

    def probabilities(run: Run) -> torch.Tensor:
        model = run_model(run, run_dataset(run))
        load_state(run, model, "final")
        with torch.no_grad():
            return torch.softmax(model(images), 1)

    distances = [float((probabilities(run) - probabilities(teacher)).abs().mean()) for run in (student, alone)]
    assert distances[0] < distances[1] / 2


def test_a_student_takes_a_finished_teacher_of_the_same_data(config: TrainConfig, tmp_path: Path) -> None:
    teacher = train(config, tmp_path / "runs")
    whole = random_dataset()
    relabelled = replace(whole, train=Split(whole.train.images, whole.train.labels.flip(0)))
    for name, data in (("smaller", random_dataset(num_train=16, num_test=16, side=3)), ("relabelled", relabelled)):
        save_dataset(data, tmp_path / f"{name}.npz")
        with pytest.raises(DataError, match=r"cannot be the teacher: it was trained on other data \(.*random.npz\)"):
            train(replace(config, data=str(tmp_path / f"{name}.npz"), teacher=str(teacher.path)), tmp_path / "students")
    assert not list(tmp_path.glob("students/*"))
    moved = tmp_path / "same.npz"
    save_dataset(whole, moved)
    assert train(replace(config, data=str(moved), teacher=str(teacher.path)), tmp_path / "runs").status == "complete"
    with pytest.raises(DataError, match="is not a run"):
        train(replace(config, teacher=str(tmp_path)), tmp_path / "students")
    (teacher.path / "manifest.json").unlink()
    with pytest.raises(DataError, match="unfinished"):
        train(replace(config, teacher=str(teacher.path)), tmp_path / "students")
    with pytest.raises(UsageError, match="--label-noise concerns labels"):
        replace(config, label_noise=0.1, teacher=str(teacher.path))


def test_defaults_are_the_published_protocol() -> None:
    config = TrainConfig().resolved(device="cpu", threads=2)
    wanted = {
        "arch": "mlp", "width": 512, "depth": 2, "layer_norm": False, "data": "mnist", "epochs": 10, "batch_size": 64,
        "optimizer": "adamw", "lr": 1e-3, "weight_decay": 0.01, "precision": "fp32", "train_size": None,
        "label_noise": 0.0,
    }  # fmt: skip
    assert wanted.items() <= config.to_mapping().items()


def test_the_same_config_gives_equal_bits_and_rerun_gives_equal_tables(config: TrainConfig, tmp_path: Path) -> None:
    first = train(replace(config, label_noise=0.2, train_size=100), tmp_path)
    volume(first, VolumeConfig(rule=("relative", "ledoit-wolf"), threads=1))
    second = rerun(first, tmp_path)
    assert second.id != first.id
    assert all(torch.equal(_bits(second)[name], tensor) for name, tensor in _bits(first).items())
    for table in ("training", "activation_volume"):
        pd.testing.assert_frame_equal(_science(second.table(table)), _science(first.table(table)), check_exact=True)


@pytest.mark.parametrize("stop_after", [1, 7, 8, 9, 20])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stopped_run_resumes_to_the_same_bits(
    config: TrainConfig, tmp_path: Path, stop_after: int, precision: str
) -> None:
    config = replace(config, precision=precision, force_precision=True)
    whole = train(config, tmp_path / "whole")

    def stop(done: int, _total: int, _note: str) -> None:
        if done >= 2 * stop_after:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError, match=r"stopped at step \d+ of 48. Resume it with: geomgen train --resume"):
        train(config, tmp_path / "cut", progress=stop)
    (cut,) = runs(tmp_path / "cut")
    assert cut.status == "interrupted"
    resume(cut)
    assert cut.status == "complete"
    assert "resume" not in {path.stem for path in (cut.path / "checkpoints").iterdir()}
    assert all(torch.equal(_bits(cut)[name], tensor) for name, tensor in _bits(whole).items())
    pd.testing.assert_frame_equal(_science(cut.table("training")), _science(whole.table("training")), check_exact=True)


@pytest.mark.parametrize("stop_after", [1, 16, 33])
def test_a_stopped_run_resumes_to_the_same_records(config: TrainConfig, tmp_path: Path, stop_after: int) -> None:
    config = replace(config, track=("implicit-regularization",), track_interval=2, record_every=2, optimizer="sgd")
    whole = train(config, tmp_path / "whole")

    def stop(done: int, _total: int, _note: str) -> None:
        if done >= stop_after:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError):
        train(config, tmp_path / "cut", progress=stop)
    (cut,) = runs(tmp_path / "cut")
    resume(cut)
    assert all(torch.equal(_bits(cut)[name], tensor) for name, tensor in _bits(whole).items())
    assert whole.table("implicit_regularization")["epoch"].tolist() == [0, 2, 3]
    for name in ("training", "implicit_regularization", "trajectory"):
        pd.testing.assert_frame_equal(_science(cut.table(name)), _science(whole.table(name)), check_exact=True)


def test_a_run_killed_before_its_first_save_starts_over(config: TrainConfig, tmp_path: Path) -> None:
    whole = train(config, tmp_path / "whole")

    class KilledError(BaseException):
        pass

    def kill(_done: int, _total: int, _note: str) -> None:
        raise KilledError

    with pytest.raises(KilledError):
        train(config, tmp_path / "cut", progress=kill)
    (cut,) = runs(tmp_path / "cut")
    assert cut.status == "unfinished"
    resume(cut)
    assert all(torch.equal(_bits(cut)[name], tensor) for name, tensor in _bits(whole).items())


def test_reuse_takes_the_finished_run_and_resumes_the_unfinished(config: TrainConfig, tmp_path: Path) -> None:
    first = train(config, tmp_path)
    assert train(replace(config, threads=1), tmp_path, reuse=True).id == first.id
    changed = replace(config, seed=1), replace(config, checkpoint_every=1)
    others = [train(other, tmp_path, reuse=True) for other in changed]
    assert len({first.id, *(run.id for run in others)}) == 3
    assert len(others[1].states) > len(first.states)
    (first.path / "manifest.json").unlink()
    again = train(config, tmp_path, reuse=True)
    assert (again.id, again.status) == (first.id, "complete")
    assert len(runs(tmp_path)) == 3


def test_a_run_that_ends_at_chance_after_its_loss_has_grown_is_complete_and_says_so(
    config: TrainConfig, tmp_path: Path
) -> None:
    run = train(replace(config, optimizer="sgd", lr=100.0), tmp_path / "runs")
    assert (run.status, run.table("training")["diverged"].iloc[-1]) == ("complete", True)
    (remark,) = remarks(run)
    assert re.search(r"Training diverged: .* Try a smaller --lr than 100, or --layer-norm", remark)
    assert ", diverged" in (run.path / "log.txt").read_text()
    good = train(config, tmp_path / "runs")
    assert (good.table("training")["diverged"].tolist(), remarks(good)) == ([False] * 3, [])


def test_a_table_of_an_earlier_version_is_read_and_does_not_say_whether_it_diverged() -> None:
    reference = Path(__file__).parents[2] / "runs" / "reference"
    run = next(run for run in runs(reference) if run.config.get("arch") == "mlp" and "training" in run.tables)
    assert "diverged" not in pq.read_schema(run.table_path("training")).names
    assert set(run.table("training")["diverged"]) == {None}
    assert remarks(run) == []
    earlier = replace(training_row(99), diverged=None)
    both = replaced_rows("training", read_table(run.table_path("training")), to_table(run.identity, [earlier]))
    assert set(both["diverged"].to_pylist()) == {None}


def test_a_diverged_run_is_marked_failed_and_is_neither_resumed_nor_measured(
    config: TrainConfig, tmp_path: Path
) -> None:
    with pytest.raises(DivergedError, match=r"The loss became \w+ at step \d+ of 48.*Try a smaller --lr"):
        train(replace(config, optimizer="sgd", lr=1e30), tmp_path)
    (run,) = runs(tmp_path)
    assert run.status == "failed"
    assert "at step" in run.reason
    with pytest.raises(UsageError, match="cannot be resumed: it is failed: The loss became"):
        resume(run)
    with pytest.raises(DataError, match="failed: The loss became"):
        volume(run, VolumeConfig())


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"width": 10**6}, UsageError, r"Training --width 1000000 needs about [\d,.]+ GiB .*Choose a smaller --width"),
        ({"train_size": 257}, UsageError, "--train-size 257 is more than the 256 training images"),
        ({"device": "cuda"}, UsageError, "--device cuda is not available here"),
        ({"data": "nowhere"}, DataError, r"no data set, folder or file named '.*nowhere'"),
        (
            {"arch": "lenet5", "depth": None, "width": None},
            UsageError,
            "needs images of at least 12 x 12; these are 6 x 6",
        ),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(
    config: TrainConfig, tmp_path: Path, change: dict[str, object], error: type[GeomgenError], message: str
) -> None:
    with pytest.raises(error, match=message):
        train(replace(config, **change), tmp_path / "runs")  # type: ignore[arg-type]
    assert not (tmp_path / "runs").exists()


def test_a_run_whose_data_has_changed_is_not_resumed(config: TrainConfig, data_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy.npz"
    path.write_bytes(data_file.read_bytes())
    run = train(replace(config, data=str(path)), tmp_path / "runs")
    with np.load(path) as content:
        arrays = dict(content)
    arrays["x_test"][0] ^= 1
    np.savez(path, **arrays)
    with pytest.raises(DataError, match="has changed since"):
        volume(run, VolumeConfig())


def test_a_full_disk_is_named_and_leaves_no_finished_run(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geomgen.store.files.sync", full)
    with pytest.raises(DiskError, match=r"No space left on device. Free some space"):
        train(config, tmp_path)
    monkeypatch.undo()
    assert [run.status for run in runs(tmp_path)] in ([], ["unfinished"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.update(schema=99),
        lambda content: content.pop("config"),
    ],
)
def test_a_config_of_another_schema_is_named(
    config: TrainConfig, tmp_path: Path, spoil: Callable[[dict[str, object]], object]
) -> None:
    run = train(config, tmp_path)
    (run.path / "manifest.json").unlink()
    path = run.path / "config.json"
    content = json.loads(path.read_text())
    spoil(content)
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"config.json"):
        resume(Run(run.path))


VARIANTS: dict[str, dict[str, object]] = {
    "layers of their own width": {"hidden": (9, 5), "width": None, "layer_norm": True, "activation": "tanh"},
    "an activation that needs its input": {"activation": "gelu", "bias": False, "gradient_penalty": 1.0},
    "squared error": {"loss": "mse", "activation": "identity", "label_noise": 0.2},
    "squared error in bfloat16": {"loss": "mse", "activation": "square", "precision": "bf16", "force_precision": True},
    "pooled images": {"pool": 3, "track": ("implicit-regularization",)},
    "residual connections": {"residual": True, "depth_scaling": True, "depth": 3, "clip_norm": 0.1},
    "normal weights": {"init": "normal", "sigma_w": 1.5, "sigma_b": 0.1},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_each_variant_records_its_own_loss_and_can_be_measured_and_made_again(
    config: TrainConfig, tmp_path: Path, name: str
) -> None:
    run = train(replace(config, epochs=1, **VARIANTS[name]), tmp_path)  # type: ignore[arg-type]
    made = TrainConfig.from_mapping(run.config, run.id)
    dataset = run_dataset(run)
    model = run_model(run, dataset)
    load_state(run, model, "final")
    with torch.no_grad():
        outputs = model(as_float(dataset.test.images))
    column = "test_loss_nats" if made.loss == "cross-entropy" else "test_squared_error"
    tolerance = 1e-5 if made.precision == "fp32" else 0.05
    last = run.table("training").iloc[-1]
    assert last[column] == pytest.approx(float(LOSSES[made.loss](outputs, dataset.test.labels)), rel=tolerance)
    probed = ProbeActivationsConfig(
        statistics=True, state=("final",), condition=("data",), metric=("cosine",), threads=1
    )
    probe_activations(run, probed)
    again = rerun(run, tmp_path)
    for table in ("training", "layer_statistics"):
        pd.testing.assert_frame_equal(_science(again.table(table)), _science(run.table(table)))
    assert _best(run, tmp_path) == run.id


def _best(run: Run, runs_dir: Path) -> str:
    """Return the id of the run that is reused for the same options."""
    return train(TrainConfig.from_mapping(run.config, run.id), runs_dir, reuse=True).id


def test_pooled_images_are_part_of_a_runs_identity(config: TrainConfig, tmp_path: Path) -> None:
    whole, pooled = (train(replace(config, pool=pool, epochs=1), tmp_path, reuse=True) for pool in (1, 2))
    assert whole.id != pooled.id
    assert whole.facts["data_sha256"] != pooled.facts["data_sha256"]
    assert (whole.facts["input_shape"], pooled.facts["input_shape"]) == ([1, 6, 6], [1, 3, 3])
    with pytest.raises(UsageError, match=r"--pool 4 does not divide images of 6 x 6\. Choose one of: 1, 2, 3, 6\."):
        train(replace(config, pool=4), tmp_path)


def test_the_network_of_the_field_has_its_number_of_parameters(tmp_path: Path) -> None:
    options = {"data": "digits", "hidden": (64,), "activation": "tanh", "epochs": 1, "threads": 1}
    assert train(TrainConfig(**options), tmp_path).facts["num_parameters"] == 64 * 64 + 64 + 64 * 10 + 10 == 4810  # type: ignore[arg-type]


WIDE = TrainConfig(arch="transformer", patch=2, width=64, epochs=1, train_size=8, threads=1)


def test_the_start_check_asks_for_what_the_plan_says(
    data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(WIDE, data=str(data_file))
    needed = work(config.resolved(device="cpu", threads=1)).memory
    assert needed > work(replace(config, width=16).resolved(device="cpu", threads=1)).memory
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: needed - 1)
    with pytest.raises(UsageError, match="Training --width 64 needs about"):
        train(config, tmp_path)
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: needed)
    assert train(config, tmp_path).status == "complete"
