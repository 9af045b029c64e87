"""Targets against their definitions, input by input."""

from typing import Any

import pytest
import torch

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.config.target import TargetConfig
from geomgen.data.mnist import read_mnist
from geomgen.data.targets import target_of, task_inputs
from geomgen.numerics.seeds import generator


def _target(**options: Any) -> Any:
    config = TargetConfig(**options).filled()
    return target_of(config, generator(config.seed, "target"))


def test_inputs_are_bits_or_pooled_images() -> None:
    assert task_inputs(RandomNetworkConfig(inputs=3).filled()).shape == (8, 3)
    images = task_inputs(RandomNetworkConfig(task="mnist", images=20).filled())
    assert images.shape == (20, 49)
    assert 0.2 < images.max() <= 1


@pytest.mark.parametrize(
    ("target", "values"), [("majority", "00010111"), ("parity", "01101001"), ("first", "00001111")]
)
def test_functions_of_three_bits(target: str, values: str) -> None:
    assert _target(inputs=3, target=target).values.tolist() == [value == "1" for value in values]


def test_half_of_an_even_number_of_bits_is_no_majority() -> None:
    assert _target(inputs=2).values.tolist() == [False, False, False, True]


def test_labels_are_odd_digits() -> None:
    assert torch.equal(_target(task="mnist", images=50).values, read_mnist().train.labels[:50] % 2 == 1)


def test_random_values_are_fair_and_of_the_seed() -> None:
    one, again, other = (_target(inputs=14, target="random", seed=seed).values for seed in (1, 1, 2))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    random, parity = (_target(inputs=5, target=target).known for target in ("random", "parity"))
    assert torch.equal(random, parity)
    assert abs(one.double().mean() - 0.5) < 5 * 0.5 / len(one) ** 0.5


def test_known_inputs_are_chosen_at_random() -> None:
    chosen = torch.stack([_target(inputs=3, train_size=2, seed=seed).known for seed in range(400)])
    assert (chosen.sum(1) == 2).all()
    frequencies = chosen.double().mean(0)
    assert ((frequencies - 0.25).abs() < 5 * (0.25 * 0.75 / 400) ** 0.5).all()
