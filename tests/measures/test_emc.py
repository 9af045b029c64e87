"""Effective model complexity against procedures whose complexity is known."""

from collections.abc import Callable

import numpy as np
import pytest

from geomgen.measures.emc import crossing, effective_complexity


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


def test_interval_covers_the_truth_in_93_to_97_percent() -> None:
    source, truth, repeats, covered = np.random.default_rng(1), 600, 1000, 0
    for _ in range(repeats):
        shifts = source.normal(0, 0.02, size=6)

        def errors(n: int, shifts=shifts) -> list[float]:
            return [0.1 + 2e-4 * (n - truth) + shift for shift in shifts]

        found = effective_complexity(errors, 0.1, smallest=10, largest=1000, resolution=0.05)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / repeats <= 0.97
