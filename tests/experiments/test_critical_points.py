"""Searches for critical points of a run as a whole: their rows, what is refused, and the reckoned work."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from geomgen.config.critical_points import CriticalPointsConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments import critical_points as experiment
from geomgen.experiments.critical_points import measure, work
from geomgen.experiments.derivatives import states
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.measures.at_state import AtState
from geomgen.store.run import Run
from tests.conftest import random_dataset, save_dataset

TINY = TrainConfig(width=1, depth=1, epochs=1, activation="tanh", loss="mse", threads=1)
FEW = CriticalPointsConfig(points=2, samples=8, threads=1, max_iterations=30)


@pytest.fixture(scope="module")
def trained(data_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(replace(TINY, data=str(data_file)), tmp_path_factory.mktemp("runs"))


def test_a_row_a_search_of_each_state_and_the_same_again(trained: Run, tmp_path: Path) -> None:
    rows = measure(trained, FEW)
    assert [(row.state, row.point) for row in rows] == [("initial", 0), ("initial", 1), ("final", 0), ("final", 1)]
    assert {row.l2 for row in rows} == {trained.config["weight_decay"]}
    assert {row.dimension for row in rows} == {trained.facts["num_parameters"]}
    assert all(row.position == 0 or row.state == "initial" or row.noise_scale > 0 for row in rows)
    assert "critical" in {row.verdict for row in rows}
    assert measure(trained, FEW, reuse=True) == []
    again = rerun(trained, tmp_path).table("critical_points").drop(columns="run_id")
    assert again.equals(trained.table("critical_points").drop(columns="run_id"))


def test_another_penalty_is_a_setting_of_its_own(trained: Run) -> None:
    assert {row.l2 for row in measure(trained, replace(FEW, l2=0.0, state=("final",), points=1))} == {0.0}
    assert {0.0, trained.config["weight_decay"]} >= set(trained.table("critical_points")["l2"])


@pytest.fixture(scope="module")
def larger_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "larger.npz"
    save_dataset(random_dataset(num_train=16, num_test=8, side=12), path)
    return path


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"activation": "relu"}, r"has kinks, whose curvature no Hessian contains: ReLU"),
        ({"arch": "lenet5", "width": 2, "depth": None, "activation": "tanh"}, "MaxPool2d"),
        ({"width": 300}, r"has 12,304 parameters; .* of at most 2,000"),
    ],
)
def test_networks_that_are_refused(
    data_file: Path, larger_images: Path, tmp_path: Path, options: dict[str, Any], said: str
) -> None:
    data = larger_images if "arch" in options else data_file
    run = train(replace(TINY, data=str(data), **options), tmp_path)
    with pytest.raises(UsageError, match=said):
        measure(run, FEW)


def test_more_images_than_there_are(trained: Run) -> None:
    with pytest.raises(UsageError, match=r"--samples 257 is more than the 256 images"):
        measure(trained, replace(FEW, samples=257))


def test_no_state_no_memory(trained: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="has no state 'step-000007'"):
        measure(trained, replace(FEW, state=("step-000007",)))
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=r"Searching with 8 images needs about .* GiB"):
        measure(trained, FEW)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda at: at._replace(theta=0 * at.theta), UsageError, r"The parameters of 'initial' of .* are all 0"),
        (lambda at: at._replace(theta=torch.inf * at.theta), DataError, r"The loss of .* is not finite near 'initial'"),
    ],
)
def test_states_that_are_refused(
    trained: Run,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[AtState], AtState],
    error: type[Exception],
    said: str,
) -> None:
    monkeypatch.setattr(experiment, "states", lambda *given: map(change, states(*given)))
    with pytest.raises(error, match=said):
        measure(trained, replace(FEW, samples=50))


KINKED_SOURCE = """
import torch
from torch import nn
from torch.nn.functional import leaky_relu, max_pool1d

class Bent(nn.Module):
    def __init__(self, input_shape, bend):
        super().__init__()
        self.first, self.second, self.bend = nn.Linear(input_shape.numel(), 4), nn.Linear(4, 4), bend
    def forward(self, images):
        return self.second(self.bend(self.first(images.flatten(1))))

def network(bend):
    return lambda input_shape, num_classes: Bent(torch.Size(input_shape), bend)

smooth, absolute, clamped = network(torch.tanh), network(torch.abs), network(lambda x: x.clamp(min=0))
leaky = network(lambda x: leaky_relu(x, 0.2))
pooled = network(lambda x: max_pool1d(x, 3, stride=1, padding=1))
"""
"""Networks with kinks that only their code shows."""


@pytest.fixture
def bent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data_file: Path) -> Callable[[str], Run]:
    (tmp_path / "bent_networks.py").write_text(KINKED_SOURCE)
    monkeypatch.syspath_prepend(tmp_path)

    def made(factory: str) -> Run:
        options = TrainConfig(arch=f"bent_networks:{factory}", data=str(data_file), epochs=1, loss="mse", threads=1)
        return train(options, tmp_path / "runs")

    return made


@pytest.mark.parametrize(
    ("factory", "operation"),
    [("absolute", "abs"), ("clamped", "clamp"), ("leaky", "leaky_relu"), ("pooled", "max_pool2d_with_indices")],
)
def test_kinks_in_a_users_code_are_refused_before_memory_is_asked_for(
    bent: Callable[[str], Run], monkeypatch: pytest.MonkeyPatch, factory: str, operation: str
) -> None:
    run = bent(factory)
    monkeypatch.setattr("geomgen.experiments.machine.available_bytes", lambda: 1000)
    with pytest.raises(UsageError, match=rf"The code of .* has kinks, .*: {operation}\."):
        measure(run, FEW)


def test_a_users_smooth_network_is_searched(bent: Callable[[str], Run]) -> None:
    assert len(measure(bent("smooth"), replace(FEW, points=1, max_iterations=2))) == 2


def test_a_network_without_kinks_is_not_refused_for_large_parameters(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = replace(FEW, samples=40, points=1, max_iterations=2)
    monkeypatch.setattr(experiment, "states", lambda *its: (at._replace(theta=1e30 * at.theta) for at in states(*its)))
    assert len(measure(trained, large)) == 2


def test_work_grows_with_points_states_and_width(data_file: Path) -> None:
    def flops(width: int, **options: Any) -> float:
        made = replace(TINY, data=str(data_file), width=width).filled()
        found = work(replace(FEW, **options), made).flops
        assert found is not None
        return found

    usual = flops(2)
    assert flops(2, points=4) == pytest.approx(2 * usual)
    assert flops(2, state=("final",)) == pytest.approx(usual / 2)
    assert flops(4) > usual
    assert torch.isfinite(torch.tensor(usual))
