"""Closed forms of regression against published numbers, other closed forms, and draws."""

import math

import numpy as np
import pytest
from scipy import stats

from geomgen.theory.regression import (
    descended_slope,
    mean_distance_to_optimal_set,
    mean_excess_risk,
    median_excess_risk,
    minimum_norm_predictive,
    optimal_fraction,
    slope_posterior,
)

SOURCE = np.random.default_rng(0)


def test_the_slopes_posterior_is_bayes_rule_on_a_grid() -> None:
    inputs, targets = SOURCE.standard_normal((2, 7))
    slopes = np.linspace(-8, 8, 20_001)
    log_density = -(slopes**2) / 2 - ((targets - slopes[:, None] * inputs) ** 2).sum(1) / 2
    density = np.exp(log_density - log_density.max())
    mean = (slopes * density).sum() / density.sum()
    variance = ((slopes - mean) ** 2 * density).sum() / density.sum()
    assert slope_posterior(inputs, targets) == pytest.approx((mean, variance), rel=1e-9)


def test_descent_with_unit_noise_parameters_ends_in_the_posterior_and_without_in_the_least_squares_slope() -> None:
    inputs, targets = SOURCE.standard_normal((2, 9))
    assert descended_slope(inputs, targets, 1.0) == pytest.approx(slope_posterior(inputs, targets), rel=1e-12)
    least_squares = inputs @ targets / (inputs @ inputs)
    assert descended_slope(inputs, targets, 0.0) == pytest.approx((least_squares, 0.0), rel=1e-12)


def test_descended_slope_is_the_projection_of_the_prior() -> None:
    inputs, targets = SOURCE.standard_normal((2, 4))
    gain = 3.0
    design = np.hstack([inputs[:, None], math.sqrt(gain) * np.eye(4)])
    projection = np.linalg.pinv(design)
    scales = np.diag([1.0, *[1 / math.sqrt(gain)] * 4])  # noise of variance 1 in parameters that enter as sqrt(gain)
    slope = (np.eye(5) - projection @ design)[0] @ scales
    assert descended_slope(inputs, targets, gain) == pytest.approx(((projection @ targets)[0], slope @ slope))


@pytest.mark.parametrize(
    ("features", "risk"), [(20, 0.2632), (60, 0.8596), (39, math.inf), (40, math.inf), (41, math.inf)]
)
def test_published_excess_risks(features: int, risk: float) -> None:
    assert mean_excess_risk(40, features, 1.0, 0.25) == pytest.approx(risk, abs=5e-5)


def test_without_noise_the_excess_risk_is_finite_everywhere() -> None:
    assert [mean_excess_risk(10, features, 2.0, 0.0) for features in (5, 10, 20)] == [0.0, 0.0, 1.0]
    assert median_excess_risk(10, 8, 2.0, 0.0) == 0.0
    assert median_excess_risk(10, 20, 2.0, 0.0) == pytest.approx(2 * stats.beta(5, 5).median())


@pytest.mark.parametrize(("samples", "features"), [(12, 5), (12, 12), (12, 13), (12, 30)])
def test_median_risk_halves_the_exact_distribution(samples: int, features: int) -> None:
    signal, noise, count = 1.5, 0.3, 200_000
    low, spare = min(samples, features), abs(features - samples) + 1
    draws = noise * SOURCE.chisquare(low, count) / SOURCE.chisquare(spare, count)
    if features > samples:
        draws += signal * SOURCE.beta((features - samples) / 2, samples / 2, count)
    above = (draws > median_excess_risk(samples, features, signal, noise)).mean()
    assert abs(above - 0.5) < 5 * 0.5 / math.sqrt(count)


def test_minimum_norm_predictions_condition_a_gaussian_process() -> None:
    train, test = SOURCE.standard_normal((3, 8)), SOURCE.standard_normal((2, 8))
    targets = SOURCE.standard_normal(3)
    mean, covariance = minimum_norm_predictive(train @ train.T, test @ train.T, test @ test.T, targets)
    projection = np.linalg.pinv(train)
    spread = test @ (np.eye(8) - projection @ train)
    np.testing.assert_allclose(mean, test @ projection @ targets, rtol=1e-10)
    np.testing.assert_allclose(covariance, spread @ spread.T, atol=1e-12)


def test_the_optimal_fraction_is_what_the_equations_leave_free() -> None:
    assert [optimal_fraction(50, features) for features in (10, 50, 100, 200)] == [0.0, 0.0, 0.5, 0.75]


@pytest.mark.parametrize(("samples", "features"), [(1, 2), (7, 4), (50, 60), (50, 1000)])
def test_mean_distance_is_that_of_its_distribution(samples: int, features: int) -> None:
    count, dim = 400_000, min(samples, features)
    spare = SOURCE.chisquare(abs(features - samples) + 1, count)
    distances = np.sqrt(SOURCE.chisquare(dim, count) * (1 + features / spare))
    found = mean_distance_to_optimal_set(samples, features)
    assert abs(distances.mean() - found) < 5 * distances.std() / math.sqrt(count)


def test_distance_at_the_threshold_and_far_from_it() -> None:
    assert mean_distance_to_optimal_set(50, 50) == math.inf
    assert mean_distance_to_optimal_set(50, 10**6) == pytest.approx(math.sqrt(2) * stats.chi(50).mean(), rel=1e-3)
