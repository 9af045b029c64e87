"""Closed forms of signal propagation against their own limits; measured networks are in tests/measures."""

import math

import numpy as np
import pytest

from geomgen.theory.network_kernel import relu_network_kernel
from geomgen.theory.propagation import LinearMap, covariances, gradient_gains, mean_cosine


def _maps(depth: int, gain: float, *, is_added: bool) -> list[LinearMap]:
    first = LinearMap(5, 100, 1 / 5)
    return [first, *(LinearMap(100, 100, gain / 100, is_added=is_added) for _ in range(depth))]


@pytest.mark.parametrize("depth", [1, 2, 8, 64])
@pytest.mark.parametrize(
    ("gain", "is_added", "factor"), [(2.0, False, 1.0), (1 / 3, False, 1 / 6), (2.0, True, 2.0), (1.0, True, 1.5)]
)
def test_mean_squares_change_by_a_factor_per_layer(depth: int, gain: float, is_added: bool, factor: float) -> None:
    inputs, maps = np.ones((2, 5)), _maps(depth, gain, is_added=is_added)
    found = list(covariances(inputs, maps))
    assert [kernel[0, 0] for kernel in found] == pytest.approx([factor**layer for layer in range(depth + 1)])
    assert gradient_gains(maps) == pytest.approx([factor**layer for layer in range(depth, -1, -1)])


@pytest.mark.parametrize("depth", [2, 8, 64])
def test_scaled_branches_grow_to_at_most_e(depth: int) -> None:
    *_, found = covariances(np.ones((2, 5)), _maps(depth, 2 / depth, is_added=True))
    assert found[0, 0] == pytest.approx((1 + 1 / depth) ** depth)
    assert found[0, 0] < math.e


def test_without_identity_paths_it_is_the_kernel_of_networks() -> None:
    inputs = np.random.default_rng(0).normal(size=(6, 4))
    maps = [LinearMap(4, 9, 1.7 / 4, 0.3), LinearMap(9, 9, 1.7 / 9, 0.3), LinearMap(9, 2, 1.7 / 9, 0.3)]
    *_, last = covariances(inputs, maps)
    assert last == pytest.approx(relu_network_kernel(inputs, 2, math.sqrt(1.7), math.sqrt(0.3)))


def test_the_mean_cosine_is_over_pairs() -> None:
    assert mean_cosine(np.array([[4.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 0.0]])) == pytest.approx(1 / 3)
