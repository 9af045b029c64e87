"""Slopes beside those of permuted points."""

import numpy as np
import pytest

from geomgen.numerics.permutation import permuted_slope


def test_a_clear_slope_is_beyond_all_permutations() -> None:
    x = np.linspace(0, 1, 40)
    found = permuted_slope(x, 3 - 2 * x, 199, np.random.default_rng(0))
    assert found.slope == pytest.approx(-2)
    assert found.p_value == 1 / 200
    assert found.null_low is not None
    assert found.null_high is not None
    assert -1 < found.null_low < 0 < found.null_high < 1


def test_p_values_of_noise_are_uniform() -> None:
    source = np.random.default_rng(1)
    p_values = [permuted_slope(source.random(12), source.random(12), 99, source).p_value for _ in range(300)]
    below = np.mean([p is not None and p <= 0.2 for p in p_values])
    assert abs(below - 0.2) < 5 * (0.2 * 0.8 / 300) ** 0.5


def test_permutations_that_are_the_data_themselves_count_in_spite_of_rounding() -> None:
    """Of three points a sixth of all permutations has the slope of the data, and no p-value can be below that."""
    source = np.random.default_rng(0)
    for _ in range(50):
        x, y = source.normal(size=3), source.normal(size=3)
        assert (permuted_slope(x, y, 999, source).p_value or 0) > 0.1
