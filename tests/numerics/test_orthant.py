"""Orthant probabilities against those that are known."""

import math

import numpy as np
import pytest

from geomgen.numerics.orthant import log_orthant, orthant_sample

Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def source(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def equicorrelated(size: int) -> Matrix:
    return np.full((size, size), 0.5) + 0.5 * np.eye(size)


@pytest.mark.parametrize("size", [1, 2, 40])
def test_independent_variables_are_exact(size: int) -> None:
    found = log_orthant(np.diag(np.linspace(1, 2, size)), np.arange(size) % 2 == 0, source())
    assert found.value == pytest.approx(-size * math.log(2))
    assert found.stderr < 1e-12


@pytest.mark.parametrize("rho", [-0.99999, -0.9, 0.0, 0.3, 0.99])
def test_two_variables(rho: float) -> None:
    found = log_orthant(np.array([[1, rho], [rho, 1]]), np.array([True, True]), source())
    assert found.value == pytest.approx(math.log(0.25 + math.asin(rho) / (2 * math.pi)), abs=1e-3)


@pytest.mark.parametrize(("size", "pluses"), [(3, 3), (40, 40), (40, 20), (128, 128), (128, 50), (300, 150)])
def test_equal_correlations(size: int, pluses: int) -> None:
    found = log_orthant(equicorrelated(size), np.arange(size) < pluses, source())
    exact = math.lgamma(pluses + 1) + math.lgamma(size - pluses + 1) - math.lgamma(size + 2)
    assert abs(found.value - exact) < max(0.05, 3 * found.stderr)
    assert found.stderr < 0.1


def test_the_same_seed_gives_the_same_bits_and_the_order_of_variables_does_not_matter() -> None:
    root = source().standard_normal((20, 30))
    covariance, signs, order = root @ root.T, source(1).random(20) < 0.5, source(2).permutation(20)
    found = log_orthant(covariance, signs, source())
    assert log_orthant(covariance, signs, source()) == found
    again = log_orthant(covariance[np.ix_(order, order)], signs[order], source())
    assert again.value == pytest.approx(found.value, abs=1e-9)


def _of_directions(*degrees: float) -> Matrix:
    """Return the covariance of variables that are projections on directions in a plane."""
    angles = np.radians(degrees)
    return np.asarray(np.cos(angles[:, None] - angles))


TETRAHEDRON = np.eye(4) * 4 / 3 - 1 / 3
ONE_OF_FOUR = 1 / 8 + 3 / (4 * math.pi) * math.asin(-1 / 3)


@pytest.mark.parametrize(
    ("covariance", "signs", "exact"),
    [
        (np.ones((3, 3)), [1, 1, 1], 1 / 2),
        (np.diag([1.0, 4, 9, 1])[:, [0, 1, 2, 0]][[0, 1, 2, 0]], [1, 0, 1, 1], 1 / 8),
        (_of_directions(0, 60, 120), [1, 1, 1], 1 / 6),
        (_of_directions(0, 60, 120), [0, 1, 1], 1 / 6),
        (_of_directions(0, 10, 20, 30, 30), [1, 1, 1, 1, 1], 5 / 12),
        (TETRAHEDRON, [1, 0, 0, 0], ONE_OF_FOUR),
        (TETRAHEDRON, [1, 1, 0, 0], (1 - 8 * ONE_OF_FOUR) / 6),
    ],
    ids=["equal", "one-twice", "plane", "plane-turned", "narrow", "tetrahedron", "tetrahedron-halves"],
)
def test_covariances_of_low_rank(covariance: Matrix, signs: list[int], exact: float) -> None:
    found = log_orthant(covariance, np.array(signs, bool), source())
    assert abs(found.value - math.log(exact)) < max(1e-12, 5 * found.stderr)
    assert found.stderr < 1e-3


def test_an_empty_orthant_has_no_mass() -> None:
    assert log_orthant(np.ones((2, 2)), np.array([True, False]), source()).value == -math.inf
    assert log_orthant(TETRAHEDRON, np.array([True] * 4), source()).value == -math.inf


def test_low_rank_agrees_with_plain_sampling() -> None:
    rows, points = source(3).standard_normal((8, 5)), source(4).standard_normal((200_000, 5))
    signs = points @ rows.T > 0
    hits = (signs == signs[0]).all(1).sum()
    found = log_orthant(rows @ rows.T, signs[0], source())
    assert abs(found.value - math.log(hits / len(points))) < 4 / math.sqrt(hits)


def test_what_cannot_be_done_says_so() -> None:
    with pytest.raises(ValueError, match=r"3 variables has rank 1$"):
        orthant_sample(np.ones((3, 3)), np.array([True] * 3), 8, source())
    with pytest.raises(ValueError, match="an orthant of 301 dimensions is beyond the 300"):
        log_orthant(np.eye(301), np.array([True] * 301), source())


def test_the_error_bar_is_right() -> None:
    """In 95 % of repeats the truth is within 2.13 standard errors, by the t law of 16 replicates."""
    exact = 2 * math.lgamma(6) - math.lgamma(12)
    found = [log_orthant(equicorrelated(10), np.arange(10) < 5, source(seed)) for seed in range(150)]
    z = np.array([(one.value - exact) / one.stderr for one in found])
    assert abs(np.mean(np.abs(z) < 2.13) - 0.95) < 4 * (0.95 * 0.05 / 150) ** 0.5


def test_a_sample_in_an_orthant_has_the_moments_of_the_truncated_law() -> None:
    """Of two variables with correlation 1/2, both positive: the mean is (1 + 1/2) / (sqrt(8 pi) / 3) = 0.898."""
    covariance, signs = np.array([[1, -0.5, 0], [-0.5, 4, 0], [0, 0, 1]]), np.array([True, False, False])
    found = orthant_sample(covariance * [[1, 2, 1], [2, 1, 1], [1, 1, 1]], signs, 2**13, source())
    assert ((found.values > 0) == signs).all()
    weights = np.exp(found.log_weights)
    assert weights.mean() == pytest.approx((0.25 + math.asin(0.5) / (2 * math.pi)) / 2, rel=1e-3)
    means = weights @ found.values / weights.sum()
    density = 1.5 / math.sqrt(8 * math.pi) / (0.25 + math.asin(0.5) / (2 * math.pi))
    np.testing.assert_allclose(means, [density, -2 * density, -math.sqrt(2 / math.pi)], rtol=5e-3)


def test_a_sample_of_one_variable_is_half_normal() -> None:
    found = orthant_sample(np.array([[4.0]]), np.array([False]), 2**10, source())
    assert found.log_weights == pytest.approx(math.log(0.5))
    assert found.values.mean() == pytest.approx(-2 * math.sqrt(2 / math.pi), rel=1e-2)
