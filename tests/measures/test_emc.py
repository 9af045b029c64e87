"""Effective model complexity against procedures whose complexity is known."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import brentq

from geomgen.measures.emc import Curve, crossing, effective_complexity


def _ridgeless(num_features: int, num_draws: int = 3) -> Callable[[int], list[float]]:
    """Return training errors of least squares of least norm on generic features; a draw keeps its samples."""
    source = np.random.default_rng(0)
    inputs, targets = source.normal(size=(num_draws, 200, num_features)), source.normal(size=(num_draws, 200))

    def errors(n: int) -> list[float]:
        found = []
        for x, y in zip(inputs[:, :n], targets[:, :n], strict=True):
            residual = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
            found.append(float(residual @ residual / (y @ y)))
        return found

    return errors


@pytest.mark.parametrize("num_features", [1, 17, 64, 150])
def test_complexity_of_ridgeless_regression_is_its_number_of_features(num_features: int) -> None:
    found = effective_complexity(_ridgeless(num_features), 1e-9, smallest=1, largest=200, resolution=0)
    assert (found.value, found.outcome, found.bracket) == (num_features, "found", (num_features, num_features + 1))
    assert len(found.curve) <= 2 + 2 * 8


def test_complexity_out_of_reach_is_said_to_be_so() -> None:
    above = effective_complexity(_ridgeless(100), 1e-9, smallest=1, largest=60, resolution=0)
    assert (above.value, above.outcome, above.bracket, above.low) == (60, "at-least", (60, None), None)
    below = effective_complexity(_ridgeless(10), 1e-9, smallest=20, largest=200, resolution=0)
    assert (below.value, below.outcome, below.bracket, below.high) == (0, "below", (None, 20), None)
    assert sorted(below.curve) == [20, 25, 50, 100, 200]


def test_too_few_samples_to_be_fitted_do_not_hide_more_that_are() -> None:
    errors = {5: 0.5, 10: 0.5, 20: 0.3, 40: 0.05, 80: 0.2}
    found = effective_complexity(lambda n: [errors.get(n, 0.2)] * 2, 0.1, smallest=5, largest=80, resolution=0.6)
    assert found.bracket == (40, 60)
    assert found.value == 46


def test_resolution_ends_the_bisection() -> None:
    coarse = effective_complexity(_ridgeless(90), 1e-9, smallest=1, largest=200, resolution=0.2)
    low, high = coarse.bracket
    assert low is not None
    assert high is not None
    assert low <= 90 < high <= low * 1.2


def test_crossing_is_that_of_straight_lines() -> None:
    assert crossing({10: 0.0, 20: 0.4}, 0.1) == pytest.approx(12.5)
    assert crossing({10: 0.0, 20: 0.05}, 0.1) == 20
    assert crossing({10: 0.2, 20: 0.4}, 0.1) == 10


def _plain_interval(curve: Curve, threshold: float, steps: int) -> list[tuple[float, bool, bool]]:
    """Return (n, above, below) on a grid: whether the t test finds the interpolated mean error above, or below."""
    found, sizes = [], sorted(curve)
    for left, right in itertools.pairwise(sizes):
        for step in range(steps + 1):
            share = step / steps
            values = []
            for first, second in zip(curve[left], curve[right], strict=True):
                values.append(first * (1 - share) + second * share)
            mean = sum(values) / len(values)
            squares = 0.0
            for value in values:
                squares += (value - mean) ** 2
            half = T_QUANTILES[len(values)] * math.sqrt(squares / (len(values) - 1) / len(values))
            found.append((left + share * (right - left), mean - half > threshold, mean + half < threshold))
    return found


T_QUANTILES = {2: 12.7062, 3: 4.30265, 5: 2.77645, 8: 2.36462}
"""Of Student's t at 0.975, by number of draws."""


def _noisy(
    source: np.random.Generator, truth: float, count: int, shared: float, own: float
) -> Callable[[int], list[float]]:
    """Return errors of mean 0.1 at the truth: a draw's shift is the same at all n, and each training has its own."""
    shifts = source.normal(0, shared, count)

    def errors(n: int) -> list[float]:
        mean = 0.5 / (1 + 4 * (truth / n) ** 2)
        noise = shifts + source.normal(0, own, count)
        return [float(value) for value in np.clip(mean + math.sqrt(mean / 0.1) * noise, 0, 1)]

    return errors


@pytest.mark.parametrize("count", T_QUANTILES)
def test_the_ends_are_where_a_plain_t_test_begins_to_reject(count: int) -> None:
    source, steps, num_bounded = np.random.default_rng(count), 1000, 0
    for _ in range(10):
        errors = _noisy(source, 600, count, 0.01, 0.02)
        found = effective_complexity(errors, 0.1, smallest=10, largest=4000, resolution=0.05)
        low, high = found.bracket
        assert low is not None
        assert high is not None
        grid = _plain_interval(found.curve, 0.1, steps)
        gap = max(right - left for left, right in itertools.pairwise(sorted(found.curve))) / steps
        fitted = [n for n, _, below in grid if below and n in found.curve and n <= low]
        if fitted:
            lowest = min(n for n, _, below in grid if n > max(fitted) and not below)
            assert found.low == pytest.approx(min(lowest, low), abs=gap)
        else:
            assert found.low is None or min(found.curve[min(found.curve)]) == max(found.curve[min(found.curve)])
        if grid[-1][1]:
            highest = max(n for n, above, _ in grid if not above)
            assert found.high == pytest.approx(max(highest, high), abs=gap)
            num_bounded += 1
        else:
            assert found.high is None
    assert num_bounded > (3 if count > 2 else 0)


@pytest.mark.parametrize(("count", "shared", "own"), [(5, 0.03, 0.0), (4, 0.0, 0.03), (5, 0.02, 0.02)])
def test_interval_covers_the_truth_in_93_to_97_percent(count: int, shared: float, own: float) -> None:
    """However a draw's errors at different n vary together, at any place of the truth between the n tried."""
    source, repeats, covered = np.random.default_rng(0), 800, 0
    for _ in range(repeats):
        truth = int(source.integers(200, 900))
        errors = _noisy(source, truth, count, shared, own)
        found = effective_complexity(errors, 0.1, smallest=10, largest=4000, resolution=0.05)
        low, high = found.low or 0, found.high or math.inf
        covered += low <= truth <= high
    assert 0.93 <= covered / repeats <= 0.97


def test_a_straight_line_with_shifted_draws_is_covered_in_93_to_97_percent() -> None:
    source, truth, repeats, covered = np.random.default_rng(1), 600, 500, 0
    for _ in range(repeats):
        shifts = source.normal(0, 0.02, size=6)

        def errors(n: int, shifts=shifts) -> list[float]:
            return [0.1 + 2e-4 * (n - truth) + shift for shift in shifts]

        found = effective_complexity(errors, 0.1, smallest=10, largest=1000, resolution=0.05)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / repeats <= 0.97


@pytest.mark.parametrize(("count", "least"), [(4, 0.87), (8, 0.91)])
def test_a_sharp_kink_below_which_draws_have_no_errors_is_covered_a_little_less(count: int, least: float) -> None:
    """A draw's error at n is 0.9 max(0, 1 - c/n), in binomial counts, with capacities c = 300 exp(0.15 xi)."""
    source, threshold, repeats, covered = np.random.default_rng(2), 0.05, 500, 0
    many = 300 * np.exp(0.15 * np.random.default_rng(3).normal(size=20_000))
    truth = brentq(lambda n: float(np.mean(0.9 * np.maximum(0, 1 - many / n))) - threshold, 200, 600)
    for _ in range(repeats):
        capacities = 300 * np.exp(0.15 * source.normal(size=count))

        def errors(n: int, capacities=capacities) -> list[float]:
            return [float(value) / n for value in source.binomial(n, 0.9 * np.maximum(0, 1 - capacities / n))]

        found = effective_complexity(errors, threshold, smallest=10, largest=4000, resolution=0.05)
        covered += (found.low or 0) <= truth <= (found.high or math.inf)
    assert least <= covered / repeats <= 0.97


def test_the_interval_is_no_narrower_than_the_gap_that_the_search_leaves() -> None:
    found = effective_complexity(lambda n: [0.0002 * n, 0.0002 * n], 0.1, smallest=10, largest=4000, resolution=0.5)
    assert (found.low, found.high) == found.bracket == (500, 750)


def test_ends_that_no_n_bounds_are_missing() -> None:
    """Of two draws that differ, twelve standard errors have to lie between their mean and the threshold."""

    def errors(n: int) -> list[float]:
        return [0.08 + 1e-4 * n, 0.02 + 1e-4 * n]

    found = effective_complexity(errors, 0.1, smallest=20, largest=2000, resolution=0.05)
    assert (found.outcome, found.low, found.high) == ("found", None, None)
    assert min(found.curve) == 20


@pytest.mark.parametrize("resolution", [0.0, 0.05, 0.6])
@pytest.mark.parametrize("truth", [3, 30, 700, 3000, 9000])
def test_never_more_n_are_tried_than_are_said_to_be_left(truth: int, resolution: float) -> None:
    source, totals, tried = np.random.default_rng(truth), list[int](), list[int]()
    noisy = _noisy(source, truth, 3, 0.0, 0.02)

    def errors(n: int) -> list[float]:
        tried.append(n)
        return noisy(n)

    found = effective_complexity(
        errors,
        0.1,
        smallest=8,
        largest=4000,
        resolution=resolution,
        on_left=lambda left: totals.append(len(tried) + left),
    )
    assert len(tried) == len(set(tried)) == len(found.curve) == len(totals)
    assert totals == sorted(totals, reverse=True)
    assert len(tried) <= totals[-1]
