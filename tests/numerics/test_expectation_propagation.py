"""Expectation propagation where the probability is known."""

import math

import numpy as np
import pytest

from geomgen.numerics.expectation_propagation import log_orthant_by_propagation, propagated_sample
from geomgen.numerics.orthant import orthant_sample


@pytest.mark.parametrize("size", [1, 5, 400])
def test_independent_variables_are_exact(size: int) -> None:
    found = log_orthant_by_propagation(np.diag(np.linspace(1, 2, size)), np.arange(size) % 2 == 0)
    assert found == pytest.approx(-size * math.log(2), rel=1e-9)


@pytest.mark.parametrize(("size", "pluses"), [(2, 2), (10, 10), (40, 20)])
def test_equal_correlations_are_near(size: int, pluses: int) -> None:
    covariance = np.full((size, size), 0.5) + 0.5 * np.eye(size)
    found = log_orthant_by_propagation(covariance, np.arange(size) < pluses)
    exact = math.lgamma(pluses + 1) + math.lgamma(size - pluses + 1) - math.lgamma(size + 2)
    assert abs(found - exact) < 0.1 + 0.02 * abs(exact)


POINTS = 20_000


def test_draws_of_independent_variables_have_the_moments_of_half_normal_ones() -> None:
    variances, signs = np.linspace(1, 4, 6), np.arange(6) % 2 == 0
    found = propagated_sample(np.diag(variances), signs, POINTS, np.random.default_rng(0))
    scaled = found.values * np.where(signs, 1, -1) / np.sqrt(variances)
    assert found.log_mass == pytest.approx(-6 * math.log(2), rel=1e-9)
    assert abs(scaled.mean(0) - math.sqrt(2 / math.pi)).max() < 5 * math.sqrt(0.3634 / POINTS)
    exact = (1 - 2 / math.pi) * np.eye(6)
    assert abs(np.cov(scaled.T) - exact).max() < 5 * 0.3634 * math.sqrt(2 / POINTS)


def test_draws_have_nearly_the_means_and_covariances_of_the_truncated_law() -> None:
    size, source = 8, np.random.default_rng(1)
    root, signs = source.standard_normal((size, size)), np.arange(size) < 3
    covariance = root @ root.T / size + 0.5 * np.eye(size)
    exact = orthant_sample(covariance, signs, 2**14, source)
    weights = np.exp(exact.log_weights - exact.log_weights.max())
    drawn = propagated_sample(covariance, signs, POINTS, source).values
    means = np.average(exact.values, 0, weights)
    np.testing.assert_allclose(drawn.mean(0), means, atol=0.04)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(exact.values.T, aweights=weights), atol=0.06)
