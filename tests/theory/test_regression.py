"""Closed forms of regression against published numbers, other closed forms, and draws."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from geomgen.theory.regression import (
    descended_slope,
    descent_risk,
    distance_tail,
    excess_risk_tail,
    mean_distance_to_optimal_set,
    mean_excess_risk,
    median_excess_risk,
    minimum_norm_predictive,
    optimal_fraction,
    random_polynomial_tail,
    relative_distance_tail,
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


def _exponent(survival: Callable[[float], float], at: float) -> float:
    """Return the exponent a of a probability that falls as t^-a, from its values at t and 2 t."""
    return math.log2(survival(at) / survival(2 * at))


@pytest.mark.parametrize(("samples", "features"), [(4, 4), (4, 5), (4, 2), (2, 5), (5, 1), (6, 9)])
def test_large_risks_are_as_seldom_as_their_exponent_says(samples: int, features: int) -> None:
    """Without signal the risk is noise Q/R; a moment of it is finite if its order is below the exponent."""
    exact = excess_risk_tail(samples, features, 0.3)
    risk = stats.betaprime(min(samples, features) / 2, (abs(features - samples) + 1) / 2)
    assert _exponent(risk.sf, 1e5) == pytest.approx(exact, rel=1e-3)
    assert (mean_excess_risk(samples, features, 0.0, 0.3) < math.inf) == (exact > 1)


@pytest.mark.parametrize(("samples", "features"), [(4, 4), (4, 5), (4, 3), (4, 2), (2, 5), (5, 1)])
def test_large_distances_are_as_seldom_as_their_exponents_say(samples: int, features: int) -> None:
    """The distance is chi_k sqrt(1 + P/s) with s ~ chi^2: integrated over the logarithm of s."""
    spare, chi = stats.chi2(abs(features - samples) + 1), stats.chi(min(samples, features))

    def survival(distance: float) -> float:
        logs = np.linspace(-60, 6, 20_001)
        s = np.exp(logs)
        return float(np.trapezoid(spare.pdf(s) * s * chi.sf(distance / np.sqrt(1 + features / s)), logs))

    exact = distance_tail(samples, features)
    assert _exponent(survival, 1e4) == pytest.approx(exact, rel=1e-3)
    assert (mean_distance_to_optimal_set(samples, features) < math.inf) == (exact > 1)
    start = stats.chi(features)
    of_start = _exponent(lambda t: float(start.cdf(1 / t)), 1e4)
    assert relative_distance_tail(samples, features) == pytest.approx(min(exact, of_start), rel=1e-3)


@pytest.mark.parametrize(("samples", "degree"), [(2, 1), (5, 1), (6, 2), (4, 3), (3, 4)])
def test_large_errors_of_polynomials_are_as_seldom_as_their_exponent_says(samples: int, degree: int) -> None:
    """By Hill's estimate from the largest 200 of 200,000, which is low: the very largest are still more seldom."""
    source = np.random.default_rng(1)
    powers = source.uniform(-1, 1, size=(200_000, samples, 1)) ** np.arange(degree + 1)
    noise = source.normal(size=(200_000, samples, 1))
    squares = np.square(np.linalg.pinv(powers) @ noise).sum((1, 2))
    largest = np.sort(squares)[-200:]
    found = float(1 / np.mean(np.log(largest / largest[0])))
    assert 0.8 < found / random_polynomial_tail(samples, degree, 1.0) < 1.15


@pytest.mark.parametrize("degree", [1, 3, 5])
def test_inputs_of_a_tenth_of_the_spread_fix_a_coefficient_by_a_power_less(degree: int) -> None:
    inputs = np.random.default_rng(0).uniform(-1, 1, size=8)
    wide, narrow = (
        np.linalg.svd((0.3 + spread * inputs[:, None]) ** np.arange(degree + 1), compute_uv=False)[-1]
        for spread in (0.02, 0.01)
    )
    assert math.log2(wide / narrow) == pytest.approx(degree, rel=0.05)


def test_what_has_no_noise_has_no_tail() -> None:
    assert excess_risk_tail(10, 11, 0.0) == random_polynomial_tail(10, 9, 0.0) == math.inf
    assert random_polynomial_tail(10, 0, 1.0) == random_polynomial_tail(1, 3, 1.0) == math.inf


def test_descent_starts_at_the_signal_and_ends_at_the_variance_of_least_squares() -> None:
    variances, coefficients = np.array([1.0, 0.01]), np.array([0.5, 3.0])
    signal = float(variances @ coefficients**2)
    assert descent_risk(0, 0.1 / variances, variances, coefficients, 0.2) == pytest.approx(signal, rel=1e-15)
    assert descent_risk(10**6, 0.1 / variances, variances, coefficients, 0.2) == pytest.approx(0.4, rel=1e-15)


def test_one_step_of_descent_keeps_each_bias_and_takes_up_noise_in_proportion_to_the_rate() -> None:
    ones = np.ones(1)
    assert descent_risk(1, 0.25 * ones, ones, 2 * ones, 0.5) == pytest.approx(4 * 0.75**2 + 0.5 * 0.25**2, rel=1e-15)
