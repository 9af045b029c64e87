"""Every architecture through the whole house: train, stop, resume, measure, make again."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from geomgen import runs
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.errors import DataError, InterruptedRunError, UsageError
from geomgen.experiments.machine import BASE_BYTES
from geomgen.experiments.probe_activations import probe_activations
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import resume, train
from geomgen.experiments.volume import volume

OWN = """
import math
from torch import nn

class Skipping(nn.Module):
    def __init__(self, input_shape, num_classes):
        super().__init__()
        self.first, self.second = nn.Linear(math.prod(input_shape), 7), nn.Linear(7, 7)
        self.norm, self.logits = nn.BatchNorm1d(7), nn.Linear(7, num_classes)

    def forward(self, images):
        hidden = self.norm(self.first(images.flatten(1))).relu()
        return self.logits(hidden + self.second(hidden))
"""
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "transformer": {"arch": "transformer", "width": 8, "depth": 1, "patch": 3, "heads": 2},
    "batch norm": {"width": 8, "batch_norm": True},
    "layer norm": {"width": 8, "layer_norm": True, "init": "he"},
    "own": {"arch": "skipping_networks:Skipping"},
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "skipping_networks", raising=False)
    path = tmp_path / "skipping_networks.py"
    path.write_text(OWN)
    return path


def _config(data_file: Path, name: str, **options: object) -> TrainConfig:
    config = TrainConfig(data=str(data_file), epochs=2, batch_size=16, threads=1, track_every=2)
    return replace(config, **(ARCHITECTURES[name] | options))


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_stopped_run_resumes_to_the_same_bits_and_can_be_measured(
    data_file: Path, tmp_path: Path, name: str, precision: str
) -> None:
    config = _config(data_file, name, precision=precision, force_precision=True)
    whole = train(config, tmp_path / "whole")

    def stop(done: int, _total: int, _note: str) -> None:
        if done >= 10:
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(InterruptedRunError):
        train(config, tmp_path / "cut", progress=stop)
    (cut,) = runs(tmp_path / "cut")
    resume(cut)
    expected, found = whole.checkpoint("final").tensors, cut.checkpoint("final").tensors
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[key], tensor) for key, tensor in found.items())
    width = {"own": 7}.get(name, 8)
    rows = volume(cut, VolumeConfig(layer=("penultimate", "all"), site=("pre", "post"), threads=1))
    assert {row.layer for row in rows} == set(cut.facts["layers"])
    assert cut.config["width"] == width == next(row.dim for row in rows if row.layer == cut.facts["layers"][-2])
    probe_activations(cut, ProbeActivationsConfig(statistics=True, threads=1))
    assert set(cut.table("layer_statistics")["layer"]) == set(cut.facts["layers"])


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("name", ["own", "transformer"])
def test_a_run_is_reused_and_made_again(data_file: Path, tmp_path: Path, name: str) -> None:
    first = train(_config(data_file, name), tmp_path / "runs")
    assert train(_config(data_file, name), tmp_path / "runs", reuse=True).id == first.id
    probe_activations(first, ProbeActivationsConfig(statistics=True, threads=1))
    second = rerun(first, tmp_path / "runs")
    for table in ("training", "activation_similarity", "activation_similarity_summary", "layer_statistics"):
        old, new = (
            run.table(table).drop(columns=["run_id", "wall_time_s"], errors="ignore") for run in (first, second)
        )
        pd.testing.assert_frame_equal(new, old, check_exact=True)


def test_a_changed_module_is_noticed_before_it_runs(data_file: Path, tmp_path: Path, own: Path) -> None:
    run = train(_config(data_file, "own"), tmp_path / "runs")
    own.write_text(OWN + "\n1 / 0\n")
    with pytest.raises(DataError, match=r"file of --arch skipping_networks:Skipping has changed since .* Restore it"):
        volume(run, VolumeConfig(threads=1))
    own.unlink()
    with pytest.raises(UsageError, match="there is no module skipping_networks"):
        volume(run, VolumeConfig(threads=1))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"batch_size": 15}, "--batch-size 15 leaves a last batch of one image"),
        ({"batch_size": 1}, "--batch-size 1 makes batches of one image"),
        ({"train_size": 1}, "Batch normalisation cannot train on one image, whose variance is 0. Give --train-size 2"),
    ],
)
def test_a_batch_of_one_image_cannot_be_normalised(
    data_file: Path, tmp_path: Path, options: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        train(_config(data_file, "batch norm", **options), tmp_path / "runs")
    assert not list(tmp_path.glob("runs/*/config.json"))


def test_the_memory_of_a_pass_is_counted(data_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: BASE_BYTES + 2**26)
    config = _config(data_file, "transformer", patch=1, width=256)
    with pytest.raises(UsageError, match=r"Training --width 256 needs about [\d.]+ GiB of memory"):
        train(config, tmp_path / "runs")


def test_lenet5_and_the_transformer_share_images(tmp_path: Path) -> None:
    source = np.random.default_rng(0)
    images = {f"x_{name}": source.integers(0, 256, (40, 12, 12), dtype=np.uint8) for name in ("train", "test")}
    labels = {f"y_{name}": np.arange(40) % 3 for name in ("train", "test")}
    np.savez(tmp_path / "d.npz", **images, **labels)  # type: ignore[arg-type]
    sizes: dict[str, dict[str, Any]] = {"lenet5": {"width": 20}, "transformer": {"width": 8, "patch": 6}}
    for arch, options in sizes.items():
        config = TrainConfig(arch=arch, data=str(tmp_path / "d.npz"), epochs=1, threads=1)
        run = train(replace(config, **options), tmp_path / "runs")
        rows = probe_activations(run, ProbeActivationsConfig(layer=("all",), threads=1, state=("final",)))
        assert {row.num_pairs for row in rows} == {780}
