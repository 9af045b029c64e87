"""Searches for critical points of a run as a whole: their rows, what is refused, and the reckoned work."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from geomgen.config.critical_points import CriticalPointsConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError, UsageError
from geomgen.experiments import critical_points as experiment
from geomgen.experiments.critical_points import measure, work
from geomgen.experiments.derivatives import states
from geomgen.experiments.rerun import rerun
from geomgen.experiments.train import train
from geomgen.measures.at_state import AtState
from geomgen.models.functional.network import NetworkFunction
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


def _absolute() -> NetworkFunction:
    """Return a network with kinks that only its code shows."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 3), Absolute(), nn.Linear(3, 4)).double()
    return NetworkFunction(model)


class Absolute(nn.Module):
    """|x|."""

    def forward(self, hidden: Tensor) -> Tensor:
        """Return it."""
        return hidden.abs()


def _with_kinks(at: AtState) -> AtState:
    network = _absolute()
    return at._replace(network=network, theta=network.parameters())


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda at: at._replace(theta=0 * at.theta), UsageError, r"The parameters of 'initial' of .* are all 0"),
        (lambda at: at._replace(theta=torch.inf * at.theta), DataError, r"The loss of .* is not finite near 'initial'"),
        (_with_kinks, UsageError, r"has kinks, .*: a function in its code"),
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
