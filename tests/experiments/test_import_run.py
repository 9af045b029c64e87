"""A network trained by a plain loop of torch becomes a run that every measure measures as geomgen's own."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from geomgen.config.critical_points import CriticalPointsConfig
from geomgen.config.diffusion import DiffusionConfig
from geomgen.config.hessian import HessianConfig
from geomgen.config.import_run import ImportConfig
from geomgen.config.jacobian import JacobianConfig
from geomgen.config.llc import LlcConfig
from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.registry import MEASURES
from geomgen.config.tangent_kernel import TangentKernelConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.dataset import Dataset
from geomgen.errors import DataError, UsageError
from geomgen.experiments.entry import measure
from geomgen.experiments.import_run import import_run, remarks, work
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.report.collect import RunTables, varying_options
from geomgen.store.layout import state_file
from geomgen.store.run import Run
from tests.conftest import random_dataset

SOURCE = """
from torch import nn

def factory(input_shape, num_classes):
    return nn.Sequential(
        nn.Conv2d(input_shape[0], 3, 3), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(48, 6), nn.BatchNorm1d(6),
        nn.Tanh(), nn.Linear(6, num_classes),
    )
"""
MODULE = "trained_elsewhere"


class Elsewhere(NamedTuple):
    """A training without geomgen: its module as it ended, and the files of its states."""

    module: nn.Module
    files: dict[str, Path]


def _images(split_images: Tensor) -> Tensor:
    return split_images.float() / 255


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    """Train a module of one's own for 40 steps of momentum with a plain loop, and keep three states of it."""
    folder, data = tmp_path_factory.mktemp("elsewhere"), random_dataset()
    (folder / f"{MODULE}.py").write_text(SOURCE)
    sys.path.insert(0, str(folder))
    torch.manual_seed(3)
    module = __import__(MODULE).factory(data.input_shape, data.num_classes)
    files = {name: folder / f"{name}.safetensors" for name in ("initial", "middle", "final")}
    save_file(module.state_dict(), files["initial"])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9)
    for step in range(40):
        batch = torch.randint(0, len(data.train), (32,))
        loss = cross_entropy(module(_images(data.train.images[batch])), data.train.labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step == 19:
            save_file(module.state_dict(), files["middle"])
    save_file(module.state_dict(), files["final"])
    yield Elsewhere(module.eval(), files)
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def config(elsewhere: Elsewhere, data_file: Path) -> ImportConfig:
    files = {name: str(path) for name, path in elsewhere.files.items()}
    return ImportConfig(
        arch=f"{MODULE}:factory", data=str(data_file), threads=1,
        final=files["final"], initial=files["initial"], steps=(f"20={files['middle']}",),
    )  # fmt: skip


@pytest.fixture(scope="module")
def imported(config: ImportConfig, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return import_run(config, tmp_path_factory.mktemp("imported"))


def test_loss_accuracy_and_distance_are_those_of_a_plain_pass(
    imported: Run, elsewhere: Elsewhere, dataset: Dataset
) -> None:
    with torch.no_grad():
        logits = elsewhere.module(_images(dataset.test.images))
    names = [name for name, _ in elsewhere.module.named_parameters()]
    first, last = (load_file(elsewhere.files[name]) for name in ("initial", "final"))
    distance = sum(float((last[name].double() - first[name].double()).square().sum()) for name in names) ** 0.5
    norm = sum(float(first[name].double().square().sum()) for name in names) ** 0.5
    rows = imported.table("imported").set_index("state")
    assert rows.index.tolist() == ["initial", "step-000020", "final"]
    final = rows.loc["final"]
    assert final["test_accuracy"] == float((logits.argmax(1) == dataset.test.labels).double().mean()) > 0.5
    assert final["test_loss_nats"] == pytest.approx(float(cross_entropy(logits, dataset.test.labels)), rel=1e-6)
    assert final["distance"] == pytest.approx(distance, rel=1e-6)
    assert final["relative_distance"] == pytest.approx(distance / norm, rel=1e-6)
    assert rows.loc["initial", "distance"] == 0
    assert remarks(imported) == []


def test_the_states_are_the_files_bit_by_bit(imported: Run, elsewhere: Elsewhere) -> None:
    assert imported.states == ["final", "initial", "step-000020"]
    for state, name in (("initial", "initial"), ("step-000020", "middle"), ("final", "final")):
        kept, given = imported.checkpoint(state).tensors, load_file(elsewhere.files[name])
        assert {f"own.module.{key}" for key in given} == kept.keys()
        assert all(torch.equal(kept[f"own.module.{key}"], tensor) for key, tensor in given.items())


TINY = {
    "volume": VolumeConfig(layer=("all",), threads=1),
    "probe-activations": ProbeActivationsConfig(bins=2, statistics=True, threads=1),
    "jacobian": JacobianConfig(samples=2, threads=1),
    "tangent-kernel": TangentKernelConfig(samples=2, threads=1),
    "critical-points": CriticalPointsConfig(samples=2, points=1, max_iterations=2, l2=0.1, threads=1),
    "hessian": HessianConfig(samples=2, method="lanczos", steps=3, threads=1),
    "diffusion": DiffusionConfig(state=("initial", "final"), steps=2, interval=1, probes=2, threads=1),
    "llc": LlcConfig(state=("initial", "final"), chains=2, draws=4, threads=1),
    "volume --space parameters": ParameterVolumeConfig(samples=2, directions=2, prior_std=1.0, threads=1),
}


def test_every_measure_measures_it_and_every_row_says_what_is_unknown(imported: Run) -> None:
    assert TINY.keys() == MEASURES.keys()
    for name, options in TINY.items():
        assert measure(MEASURES[name])(imported, options)
    assert len(imported.tables) == 16
    for table in imported.tables:
        rows = imported.table(table)
        assert rows["seed"].isna().all()
        assert (rows["optimizer"] == "unknown").all()
        assert (rows["arch"] == f"{MODULE}:factory").all()
        assert set(rows["state"]) == (
            {"initial", "step-000020", "final"} if table == "imported" else {"initial", "final"}
        )


def _known(row: Any) -> dict[str, Any]:
    """Return what is known of an imported network too, which is not its learning rate."""
    return {name: value for name, value in asdict(row).items() if name != "sharpness_times_lr"}


def test_a_network_of_geomgens_own_is_measured_alike_before_and_after_the_journey(
    data_file: Path, tmp_path: Path
) -> None:
    run = train(TrainConfig(data=str(data_file), width=8, depth=2, activation="tanh", epochs=1, threads=1), tmp_path)
    config = ImportConfig(
        final=str(run.path / state_file("final")), initial=str(run.path / state_file("initial")), width=8, depth=2,
        activation="tanh", data=str(data_file), threads=1,
    )  # fmt: skip
    again = import_run(config, tmp_path / "elsewhere")
    assert again.table("imported")["test_accuracy"].iloc[-1] == run.table("training")["test_accuracy"].iloc[-1]
    for name, options in TINY.items():
        rows = [[_known(row) for row in measure(MEASURES[name])(one, options)] for one in (run, again)]
        assert rows[0] == rows[1]


def test_reports_keep_it_apart_from_trainings_and_from_other_imports(config: ImportConfig, tmp_path: Path) -> None:
    made = [import_run(config.with_files({"final": file}), tmp_path) for file in (config.initial, config.final) if file]
    made.append(train(TrainConfig(data=config.data, width=6, epochs=1, threads=1), tmp_path))
    for run in made:
        measure(MEASURES["volume"])(run, VolumeConfig(state=("final",), condition=("data",), threads=1))
    latest = RunTables(made).collect("activation_volume", "").latest
    rows, notes = latest.frame, list(latest.notes)
    assert rows["optimizer"].tolist() == ["unknown", "unknown", "adamw"]
    assert notes == []
    assert {"optimizer", "states_sha256"} <= set(varying_options(rows))
    assert not {"initial", "final", "steps"} & set(rows.columns)


def test_without_an_initial_state_measures_take_the_final_one(
    config: ImportConfig, imported: Run, tmp_path: Path
) -> None:
    run = import_run(ImportConfig(arch=config.arch, data=config.data, final=config.final, threads=1), tmp_path)
    assert run.states == ["final"]
    assert run.table("imported")["distance"].isna().all()
    wanted, found = imported.table("imported").iloc[-1], run.table("imported").iloc[0]
    assert found["test_loss_nats"] == wanted["test_loss_nats"]
    assert [one for one in remarks(run) if "There is no initial state" in one]
    rows = measure(MEASURES["volume"])(run, VolumeConfig(threads=1), reuse=True)
    assert {row.state for row in rows} == {"final"}
    assert measure(MEASURES["volume"])(run, VolumeConfig(threads=1), reuse=True) == []
    with pytest.raises(DataError, match="has no state 'initial'"):
        measure(MEASURES["volume"])(run, VolumeConfig(state=("initial",)))
    with pytest.raises(DataError, match="has no state 'initial'"):
        measure(MEASURES["llc"])(run, LlcConfig(state=("initial", "final")))


def test_what_does_not_fit_makes_no_run(config: ImportConfig, tmp_path: Path) -> None:
    other = ImportConfig(arch="mlp", data=config.data, final=config.final, threads=1)
    with pytest.raises(DataError, match="does not hold the parameters of this --arch"):
        import_run(other, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_more_memory_than_there_is_is_refused(
    config: ImportConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"3 states of 364 parameters needs about"):
        import_run(config, tmp_path)
    assert work(config).memory > 1000


def test_it_is_found_by_its_content_made_again_from_itself_and_a_teacher(
    config: ImportConfig, elsewhere: Elsewhere, imported: Run, tmp_path: Path
) -> None:
    moved = tmp_path / "moved.pt"
    torch.save(load_file(elsewhere.files["final"]), moved)
    files = {**config.files(), "final": str(moved)}
    assert import_run(config.with_files(files), imported.runs_dir, reuse=True).path == imported.path
    other = import_run(config.with_files({"final": str(moved)}), tmp_path, reuse=True)
    moved.unlink()
    again = rerun(imported, tmp_path)
    assert again.facts == imported.facts
    assert again.tables == imported.tables
    same = [one.table("imported").drop(columns="run_id") for one in (again, imported)]
    assert same[0].equals(same[1])
    student = TrainConfig(teacher=str(other.path), data=config.data, width=4, epochs=1, threads=1)
    assert train(student, tmp_path).facts["teacher_sha256"] == other.state_sha256("final")


def test_images_that_it_was_not_trained_on_are_noticed(config: ImportConfig, tmp_path: Path) -> None:
    assert config.initial is not None
    untrained = ImportConfig(arch=config.arch, data=config.data, final=config.initial, threads=1)
    assert "was the network trained on these images" in remarks(import_run(untrained, tmp_path))[0]


def test_a_perceptron_of_pooled_images_trained_with_mse_is_measured_as_such(tmp_path: Path, data_file: Path) -> None:
    options = {"data": str(data_file), "pool": 2, "hidden": (6, 4), "activation": "tanh", "bias": False, "loss": "mse"}
    trained = train(TrainConfig(**options, epochs=1, threads=1), tmp_path)  # type: ignore[arg-type]
    final = str(trained.path / state_file("final"))
    run = import_run(ImportConfig(final=final, **options), tmp_path)  # type: ignore[arg-type]
    (row,) = run.table("imported").to_dict("records")
    assert row["test_loss_nats"] is None or row["test_loss_nats"] != row["test_loss_nats"]
    assert row["test_squared_error"] == trained.table("training")["test_squared_error"].iloc[-1]
    kernels = [measure(MEASURES["tangent-kernel"])(one, _last_kernel()) for one in (run, trained)]
    assert kernels[0] == kernels[1]


def _last_kernel() -> TangentKernelConfig:
    return TangentKernelConfig(state=("final",), samples=4, threads=1)
