"""What is reckoned of derivatives before they are taken."""

from pathlib import Path

import pytest

from geomgen.config.jacobian import JacobianConfig
from geomgen.config.train import TrainConfig
from geomgen.experiments.derivatives import states, work
from geomgen.experiments.train import train


def test_work_grows_with_states_images_and_width(data_file: Path) -> None:
    def of(width: int, samples: int, *state: str) -> tuple[float, int]:
        made = TrainConfig(data=str(data_file), width=width).filled()
        found = work(JacobianConfig(samples=samples, state=state), made)
        assert found.flops is not None
        return found.flops, found.memory

    flops, memory = of(64, 50, "initial")
    assert of(64, 50, "initial", "final") == (2 * flops, memory)
    assert all(more > less for more, less in zip(of(64, 100, "initial"), (flops, memory), strict=True))
    assert all(more > less for more, less in zip(of(128, 50, "initial"), (flops, memory), strict=True))


def test_each_state_is_given_in_float64_and_told_of(data_file: Path, tmp_path: Path) -> None:
    run = train(TrainConfig(data=str(data_file), width=4, epochs=1, threads=1), tmp_path)
    told: list[tuple[int, int, str]] = []
    found = list(states(run, JacobianConfig(samples=3), lambda *step: told.append(step)))
    assert [(at.state, at.num_classes, len(at.inputs), len(at.labels)) for at in found] == [
        ("initial", 4, 3, 3), ("final", 4, 3, 3),
    ]  # fmt: skip
    assert {str(at.theta.dtype) for at in found} == {"torch.float64"}
    assert found[0].theta != pytest.approx(found[1].theta)
    assert told == [(1, 2, "initial"), (2, 2, "final")]
