"""Trainings that go on from a state of another run: what they do, how they record it, and what they refuse."""

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from geomgen.config.import_run import ImportConfig
from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Split
from geomgen.errors import DataError, InterruptedRunError, UsageError
from geomgen.experiments.content import located, source_state
from geomgen.experiments.import_run import import_run
from geomgen.experiments.rerun import rerun
from geomgen.experiments.start import Start, start_of
from geomgen.experiments.train import resume, train
from geomgen.store.archive import archive
from geomgen.store.run import Run
from tests.conftest import Command, random_dataset, save_dataset

NUM_TRAIN = len(random_dataset().train)


@pytest.fixture
def config(data_file: Path) -> TrainConfig:
    """Plain gradient descent on all images at once, which keeps nothing from one step to the next but parameters."""
    options = {"optimizer": "sgd", "lr": 0.5, "weight_decay": 0.0, "batch_size": NUM_TRAIN}
    return TrainConfig(data=str(data_file), width=8, epochs=4, threads=1, checkpoint_every=2, **options)  # type: ignore[arg-type]


@pytest.fixture
def first(config: TrainConfig, tmp_path: Path) -> Run:
    return train(config, tmp_path / "runs")


def _vector(run: Run, state: str = "final") -> torch.Tensor:
    return torch.cat([tensor.double().flatten() for tensor in run.checkpoint(state).tensors.values()])


def _last(run: Run, column: str) -> float:
    return float(run.table("training")[column].iloc[-1])


def test_gradient_descent_in_two_runs_is_that_in_one(config: TrainConfig, first: Run, tmp_path: Path) -> None:
    whole = train(replace(config, epochs=7), tmp_path / "runs")
    rest = train(replace(config, epochs=5, start=f"{first.id}:step-000002", checkpoint_every=0), tmp_path / "runs")
    assert torch.equal(_vector(rest, "initial"), _vector(first, "step-000002"))
    torch.testing.assert_close(_vector(rest), _vector(whole), rtol=1e-4, atol=1e-5)
    assert _last(rest, "relative_origin_distance") == pytest.approx(_last(whole, "relative_distance"), rel=1e-4)
    moved = (_vector(rest) - _vector(first, "step-000002")).norm()
    assert _last(rest, "distance") == pytest.approx(float(moved), rel=1e-5)
    assert whole.table("training")["origin_distance"].isna().all()


def test_the_origin_is_where_the_first_of_all_runs_began(config: TrainConfig, first: Run, tmp_path: Path) -> None:
    second = train(replace(config, start=first.id, weight_decay=0.1), tmp_path / "runs")
    third = train(replace(config, start=second.id, track=("implicit-regularization",)), tmp_path / "runs")
    moved, whole = (_vector(third) - _vector(first, "initial")).norm(), _vector(first, "initial").norm()
    assert _last(third, "origin_distance") == pytest.approx(float(moved), rel=1e-5)
    assert _last(third, "relative_origin_distance") == pytest.approx(float(moved / whole), rel=1e-5)
    points = third.table("trajectory")
    assert points["origin_distance"].iloc[-1] == pytest.approx(float(moved), rel=1e-5)
    shutil.rmtree(first.path)
    assert Start(third, "final").origin() is None
    assert train(replace(config, start=second.id), tmp_path / "runs").table("training")["origin_distance"].isna().all()


def test_it_is_recorded_by_id_in_its_own_folder_and_by_path_elsewhere(
    config: TrainConfig, first: Run, tmp_path: Path
) -> None:
    names = (first.id, f"{first.path}:final", str(first.path / "checkpoints" / "final.safetensors"))
    made = [train(replace(config, seed=3, start=name), tmp_path / "runs", reuse=True) for name in names]
    assert {run.id for run in made} == {made[0].id}
    elsewhere = train(replace(config, seed=3, start=str(first.path)), tmp_path / "elsewhere")
    for run, start in ((made[0], first.id), (elsewhere, first.path.resolve())):
        assert run.config["start"] == f"{start}:final"
        assert run.facts["start_sha256"] == first.state_sha256("final")
        assert archive(run, tmp_path / "archives").config["start"] == f"{first.id}:final"


def test_a_start_in_another_folder_is_found_when_it_is_made_again_resumed_and_traced_to_its_origin(
    config: TrainConfig, first: Run, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    run = train(replace(config, start=str(first.path), weight_decay=0.1), elsewhere)
    assert rerun(run, elsewhere).table("training")["distance"].equals(run.table("training")["distance"])
    third = train(replace(config, start=run.id), elsewhere)
    moved = (_vector(third) - _vector(first, "initial")).norm()
    assert _last(third, "origin_distance") == pytest.approx(float(moved), rel=1e-5)
    run.reopen()
    assert torch.equal(_vector(resume(run)), _vector(third, "initial"))


def test_it_is_made_again_in_another_folder_with_the_same_tables(
    config: TrainConfig, first: Run, tmp_path: Path
) -> None:
    run = train(replace(config, start=f"{first.id}:initial", lr=0.1), tmp_path / "runs")
    again = rerun(run, tmp_path / "other")
    tables = [one.table("training").drop(columns=["run_id", "wall_time_s"]) for one in (run, again)]
    assert tables[0].equals(tables[1])
    assert again.facts == run.facts


def test_a_stopped_one_goes_on_to_the_same_bits_unless_its_start_has_changed(
    config: TrainConfig, first: Run, tmp_path: Path
) -> None:
    config = replace(config, start=first.id, optimizer="adamw", batch_size=16, checkpoint_every=0)
    whole = train(config, tmp_path / "runs")

    def stop(done: int, _total: int, _note: str) -> None:
        if done >= 7:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError):
        train(config, tmp_path / "runs", progress=stop)
    cut = next(Run(path) for path in (tmp_path / "runs").iterdir() if Run(path).status == "interrupted")
    moved = first.path.rename(tmp_path / first.id)
    with pytest.raises(DataError, match=f"There is no run '{first.id}'"):
        resume(cut)
    moved.rename(first.path)
    resume(cut)
    assert torch.equal(_vector(cut), _vector(whole))
    tables = [run.table("training").drop(columns=["run_id", "wall_time_s"]) for run in (cut, whole)]
    assert tables[0].equals(tables[1])
    train(replace(config, start=None), tmp_path / "others")
    other = next((tmp_path / "others").iterdir())
    shutil.rmtree(first.path)
    shutil.copytree(other, first.path)
    with pytest.raises(DataError, match="goes on from has changed"):
        rerun(cut, tmp_path / "again")


def test_an_imported_network_is_trained_further_and_may_have_no_origin(
    config: TrainConfig, first: Run, tmp_path: Path
) -> None:
    final = str(first.path / "checkpoints" / "final.safetensors")
    imported = import_run(
        ImportConfig(final=final, arch="mlp", width=8, data=config.data, threads=1), tmp_path / "runs"
    )
    run = train(replace(config, start=imported.id), tmp_path / "runs")
    assert torch.equal(_vector(run, "initial"), _vector(first))
    assert run.table("training")["relative_origin_distance"].isna().all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"width": 4}, "is a network with --width 8, not --width 4. Give --width 8, or leave out --start"),
        ({"depth": 3}, "is a network with --depth 2, not --depth 3"),
        ({"hidden": (6, 8), "width": None}, "with no --hidden, not --hidden 6,8. Leave out --hidden, or"),
        ({"layer_norm": True}, "with --no-layer-norm, not --layer-norm. Give --no-layer-norm"),
        ({"activation": "tanh"}, "with --activation relu, not --activation tanh"),
        ({"pool": 2}, "has input shape .*, but --data .* has .* Choose data of that shape"),
        ({"classes": 2}, "has num classes 4, but --data .* has 2"),
    ],
)
def test_another_network_is_refused(
    config: TrainConfig, first: Run, tmp_path: Path, options: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        train(replace(config, start=first.id, **options), tmp_path / "runs")  # type: ignore[arg-type]
    assert [path.name for path in (tmp_path / "runs").glob("2*")] == [first.id]


def test_other_images_of_the_same_shape_are_not(config: TrainConfig, first: Run, tmp_path: Path) -> None:
    whole = random_dataset()
    relabelled = replace(whole, train=Split(whole.train.images, whole.train.labels.flip(0)))
    save_dataset(relabelled, tmp_path / "others.npz")
    run = train(replace(config, data=str(tmp_path / "others.npz"), start=first.id), tmp_path / "runs")
    assert run.facts["data_sha256"] != first.facts["data_sha256"]


def test_what_is_no_state_of_a_complete_run_is_refused(config: TrainConfig, first: Run, tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"

    def told(start: str) -> str:
        with pytest.raises(DataError) as caught:
            start_of(replace(config, start=start), runs_dir)
        return str(caught.value)

    there = "It has: final, initial, step-000002, step-000004."
    assert f"it has no state 'step-1'. {there}" in told(f"{first.id}:step-1")
    assert "There is no run 'nothing'" in told("nothing:final")
    assert "it has no state 'final'. Name the run that it was made from" in told(
        str(archive(first, tmp_path / "archives").path)
    )
    manifest = first.path / "manifest.json"
    failed = shutil.copytree(first.path, runs_dir / f"{first.id[:-6]}abcdef")
    manifest.unlink()
    assert "it is unfinished. Finish it with: geomgen train --resume" in told(first.id)
    Run(failed).reopen()
    Run(failed).finish("failed", "why")
    assert "it is failed. Name another run." in told(failed.name)


@pytest.mark.parametrize("option", [{"init": "he"}, {"init": "normal", "sigma_w": 2.0}])
def test_drawing_parameters_contradicts_taking_them_from_a_run(option: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="--init is about drawing parameters, which --start takes from a run"):
        TrainConfig(start="run", **option)  # type: ignore[arg-type]


def test_a_run_may_have_a_colon_in_its_path(first: Run, tmp_path: Path) -> None:
    moved = first.path.rename(tmp_path / "a:b")
    assert source_state(str(moved), tmp_path)[1] == "final"
    assert source_state(f"{moved}:initial", tmp_path)[1] == "initial"
    assert located(TrainConfig(start=f"{moved}:initial"), tmp_path / "runs").start == f"{moved}:initial"


def test_the_command_takes_latest_and_a_checkpoint(geomgen: Command, config: TrainConfig, first: Run) -> None:
    options = ("--data", config.data, "--width", 8, "--epochs", 1, "--runs-dir", first.runs_dir)
    found = geomgen("train", "--start", "latest:step-000004", *options)
    assert found.returncode == 0, found.stderr
    assert "relative origin" in found.said
    assert Run(Path(found.stdout.strip())).config["start"] == f"{first.id}:step-000004"
    file = first.path / "checkpoints" / "initial.safetensors"
    again = geomgen("train", "--start", file, *options, "-q")
    assert Run(Path(again.stdout.strip())).config["start"] == f"{first.id}:initial"
    refused = geomgen("train", "--start", f"{first.id}:step-1", *options)
    assert (refused.returncode, "has no state 'step-1'" in refused.said) == (3, True)
