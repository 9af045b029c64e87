"""Laws of random symmetric matrices against matrices that are drawn."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from geomgen.theory.random_matrices import (
    index_at,
    index_near_lowest,
    log_chance_of_minimum,
    log_chance_of_minimum_by_signs,
    semicircle_below,
    semicircle_density,
)

Array = NDArray[np.float64]


def _goe(count: int, size: int, seed: int = 0) -> Array:
    """Draw eigenvalues of symmetric Gaussian matrices, ascending; their semicircle has the radius sqrt(2 size)."""
    entries = np.random.default_rng(seed).standard_normal((count, size, size))
    return np.asarray(np.linalg.eigvalsh((entries + entries.transpose(0, 2, 1)) / 2), float)


@pytest.mark.parametrize("place", [-2.0, -1.0, -0.6, 0.0, 0.3, 1.0, 2.0])
def test_the_semicircle_is_its_law(place: float) -> None:
    law, at = stats.semicircular, np.array([place])
    assert semicircle_below(at) == pytest.approx([law.cdf(place)], abs=1e-12)
    assert semicircle_density(at) == pytest.approx([law.pdf(place)], abs=1e-12)


@pytest.mark.parametrize("shift", [0.9, 0.6, 0.3, 0.0])
def test_the_index_of_a_shifted_semicircle_is_that_of_shifted_matrices(shift: float) -> None:
    size, lowest, middle = 200, 1.0, 3.0
    loss = middle - shift * (middle - lowest)
    eigenvalues = _goe(40, size) + shift * math.sqrt(2 * size)
    expected = index_at(np.array([loss]), lowest, middle)[0]
    assert (eigenvalues < 0).mean() == pytest.approx(expected, abs=1 / size)


def test_the_index_begins_as_a_power_of_3_over_2() -> None:
    losses = 1 + np.array([1e-3, 1e-4])
    law, power = index_at(losses, 1.0, 3.0), index_near_lowest(losses, 1.0, 3.0)
    assert law == pytest.approx(power, rel=1e-3)
    assert power[0] / power[1] == pytest.approx(10**1.5)
    assert index_at(np.array([0.5, 9.0]), 1.0, 3.0).tolist() == [0, 1]
    assert index_near_lowest(np.array([0.5]), 1.0, 3.0)[0] == 0


EXACT = {1: 1 / 2, 2: (2 - math.sqrt(2)) / 4, 3: (math.pi - 2 * math.sqrt(2)) / (4 * math.pi)}


@pytest.mark.parametrize("size", EXACT)
def test_small_matrices_are_positive_as_often_as_they_should_be(size: int) -> None:
    count = 200_000
    positive = int((_goe(count, size)[:, 0] > 0).sum())
    assert abs(positive - count * EXACT[size]) < 5 * math.sqrt(count * EXACT[size])


def test_the_chance_of_a_minimum_bends_as_its_leading_term() -> None:
    """The second difference of ln P over D is free of the terms that are constant or linear in D."""
    count = 400_000
    chances = [EXACT[2], EXACT[3], float((_goe(count, 4, seed=1)[:, 0] > 0).mean())]
    logs = np.log(chances)
    error = 1 / math.sqrt(count * chances[2])
    leading = [log_chance_of_minimum(size) for size in (2, 3, 4)]
    assert np.diff(logs, 2)[0] == pytest.approx(np.diff(leading, 2)[0], abs=5 * error + 0.03)
    assert leading[0] == pytest.approx(-math.log(3))


def test_independent_signs() -> None:
    assert log_chance_of_minimum_by_signs(10, 0.5) == pytest.approx(-10 * math.log(2))
    assert log_chance_of_minimum_by_signs(10, 0.0) == -math.inf
