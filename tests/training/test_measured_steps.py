"""Which steps are measured, and the path length from them against every step of a plain loop."""

import math
from dataclasses import replace

import numpy as np
import pytest

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Dataset
from geomgen.models.build import build_model
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.training.measured_steps import MeasuredSteps, measuring_share
from geomgen.training.trajectory import StratifiedSum
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
    steps, again, other = (_steps(64_000, track_every=10, seed=seed) for seed in (0, 0, 1))
    first, *others = _strata(steps, 0, 1000)
    assert list(steps.chosen(0, first)) == list(range(10))
    found = [frozenset(steps.chosen(0, stratum)) for stratum in others[:-1]]
    assert all(len(chosen) == 2 and chosen < set(stratum) for chosen, stratum in zip(found, others[:-1], strict=True))
    assert found == [set(again.chosen(0, stratum)) for stratum in others[:-1]]
    assert found != [set(other.chosen(0, stratum)) for stratum in others[:-1]]
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
@pytest.mark.parametrize(("epochs", "num_steps", "every"), [(2, 200, 2), (1, 150, 10), (1, 200, 1000)])
def test_interval_of_the_path_length_covers_every_step_of_a_plain_loop_in_93_to_97_percent(
    dataset: Dataset, rule: str, epochs: int, num_steps: int, every: int
) -> None:
    shape, sgd, seen = dataset.input_shape, rule == "sgd", replace(dataset, train=dataset.train.first(num_steps))
    network = _network(_config(), shape)
    lengths = np.array(train_plainly(network, seen, epochs, batch_size=1, lr=0.02 if sgd else 1e-3, sgd=sgd))
    steps, drawn = _steps(num_steps, batch_size=1, track_every=every), np.random.default_rng(0)
    strata = [
        (lengths[epoch * num_steps :][stratum.start : stratum.stop], len(steps.chosen(epoch, stratum)))
        for epoch in range(epochs)
        for stratum in _strata(steps, epoch, num_steps)
    ]
    repeats, errors, stderrs = 1000, list[float](), list[float]()
    for _ in range(repeats):
        path = StratifiedSum()
        for values, count in strata:
            path.add(drawn.choice(values, count, replace=False).tolist(), len(values))
        errors.append(path.total - math.fsum(lengths))
        stderrs.append(path.stderr)
    assert min(stderrs) > 0
    assert 0.93 <= np.mean(np.abs(errors) < 1.96 * np.array(stderrs)) <= 0.97
    assert abs(np.mean(errors)) < 5 * np.std(errors) / math.sqrt(repeats)


@pytest.mark.parametrize("num_steps", [5, 89, 90, 134, 135, 300, 899, 900, 937, 5000])
@pytest.mark.parametrize("every", [1, 2, 10, 1000])
def test_there_are_at_least_45_strata_unless_every_step_is_measured(num_steps: int, every: int) -> None:
    steps = _steps(64 * num_steps, width=512, track_every=every)
    strata = _strata(steps, 1, num_steps)
    measured = sum(len(steps.chosen(1, stratum)) for stratum in strata)
    assert measured == num_steps if every == 1 or num_steps < 135 else len(strata) >= 45
    assert measured >= min(num_steps, max(90, num_steps // every))
