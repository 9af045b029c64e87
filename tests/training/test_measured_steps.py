"""Which steps are measured, and the path length from them against every step of a plain loop."""

import math

import pytest

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.training.measured_steps import MeasuredSteps, measuring_share
from geomgen.training.trajectory import Trajectory
from tests.training.plain_loop import train_plainly

SHAPE = (1, 28, 28)


def _config(**options: object) -> TrainConfig:
    return TrainConfig(**{"width": 16} | options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]


def _network(config: TrainConfig, shape: tuple[int, ...] = SHAPE) -> Network:
    return build_model(config, shape, 4, generator(0, "initial-parameters"))


def _steps(num_images: int, **options: object) -> MeasuredSteps:
    config = _config(**options)
    return MeasuredSteps(config, _network(config), num_images, SHAPE)


def _strata(steps: MeasuredSteps, epoch: int, num_steps: int) -> list[range]:
    return list(dict.fromkeys(steps.stratum(epoch, step) for step in range(num_steps)))


@pytest.mark.parametrize("num_images", [3200, 3210, 3260, 6415, 1])
@pytest.mark.parametrize("epoch", [0, 1])
def test_strata_part_an_epoch_and_a_smaller_last_batch_is_one(num_images: int, epoch: int) -> None:
    steps, num_steps = _steps(num_images), math.ceil(num_images / 64)
    strata = _strata(steps, epoch, num_steps)
    assert [step for stratum in strata for step in stratum] == list(range(num_steps))
    assert (strata[-1] == range(num_steps - 1, num_steps)) >= bool(num_images % 64)
    assert max(map(len, strata)) <= 20
    assert all(step in steps.stratum(epoch, step) for step in range(num_steps))


def test_two_of_each_stratum_are_drawn_anew_and_the_first_steps_are_all_measured() -> None:
    steps, again, other = (_steps(6400, track_every=10, seed=seed) for seed in (0, 0, 1))
    first, *others = _strata(steps, 0, 100)
    assert list(steps.chosen(0, first)) == list(range(10))
    found = [frozenset(steps.chosen(0, stratum)) for stratum in others]
    assert all(len(chosen) == 2 and chosen < set(stratum) for chosen, stratum in zip(found, others, strict=True))
    assert found == [set(again.chosen(0, stratum)) for stratum in others]
    assert found != [set(other.chosen(0, stratum)) for stratum in others]
    assert set(steps.chosen(1, range(20))) != set(steps.chosen(2, range(20)))


@pytest.mark.parametrize(
    ("options", "all_steps"),
    [
        ({"width": 512}, False),
        ({"width": 2048}, False),
        ({"width": 512, "batch_size": 2048}, True),
        ({"arch": "lenet5", "width": 84}, True),
        ({"arch": "transformer", "width": 64}, True),
        ({"width": 16, "track_every": 1}, False),
    ],
)
def test_all_are_measured_where_that_is_cheap(options: dict[str, object], all_steps: bool) -> None:
    config = _config(**options)
    share = measuring_share(_network(config), config, SHAPE)
    assert (share <= 0.02) == all_steps
    chosen = _steps(60_000, **options)
    stratum = chosen.stratum(1, 0)
    assert (len(chosen.chosen(1, stratum)) == len(stratum)) == (all_steps or config.track_every == 1)


@pytest.mark.parametrize("rule", ["sgd", "adamw"])
def test_interval_of_the_path_length_covers_every_step_of_a_plain_loop_in_93_to_97_percent(
    dataset: Dataset, rule: str
) -> None:
    shape, epochs, batch_size, num_steps = dataset.input_shape, 6, 2, 128
    sgd = rule == "sgd"
    lengths = train_plainly(
        _network(_config(), shape), dataset, epochs, batch_size=batch_size, lr=0.05 if sgd else 1e-3, sgd=sgd
    )
    steps = _steps(len(dataset.train), batch_size=batch_size, track_every=3)
    strata = [(epoch, stratum) for epoch in range(epochs) for stratum in _strata(steps, epoch, num_steps)]
    repeats, covered, errors = 500, 0, list[float]()
    for steps.seed in range(repeats):
        trajectory = Trajectory()
        for epoch, stratum in strata:
            for step in sorted(steps.chosen(epoch, stratum)):
                trajectory.add(lengths[epoch * num_steps + step], 1.0)
            trajectory.end_stratum(len(stratum))
        errors.append(trajectory.path.total - math.fsum(lengths))
        covered += abs(errors[-1]) < 1.96 * trajectory.path.stderr
    assert 0.93 <= covered / repeats <= 0.97
    mean, square = math.fsum(errors) / repeats, math.fsum(error**2 for error in errors) / repeats
    assert abs(mean) < 5 * math.sqrt(square / repeats)
