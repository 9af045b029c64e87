"""Expectation propagation where the probability is known."""

import math

import numpy as np
import pytest

from geomgen.numerics.expectation_propagation import log_orthant_by_propagation


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
