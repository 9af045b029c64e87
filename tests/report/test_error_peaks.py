"""Peaks of curves that have one and of curves that have none."""

import math

import numpy as np
import pandas as pd
import pytest

from geomgen.report.error_peaks import DoubleDescent, double_descent, find_peak, landmarks, value_beside_peak

PLACES = [1, 2, 4, 8, 16, 32, 64]
DESCENT = np.array([0.50, 0.30, 0.35, 0.45, 0.40, 0.25, 0.20])
MONOTONE = np.linspace(0.5, 0.2, 7)


def _curves(mean: np.ndarray, spread: float, num_seeds: int, seed: int = 0) -> pd.DataFrame:
    noise = np.random.default_rng(seed).normal(0, spread, size=(num_seeds, len(mean)))
    return pd.DataFrame(mean + noise, columns=PLACES)


def test_landmarks_are_those_of_the_most_prominent_peak() -> None:
    assert landmarks(DESCENT) == (1, 3, 6)
    assert landmarks(np.array([0.9, 0.1, 0.2, 0.15, 0.6, 0.05])) == (1, 4, 5)
    with pytest.raises(ValueError, match="takes 3 points, not 2"):
        landmarks(np.array([0.1, 0.2]))


def test_a_peak_beyond_noise_is_found_with_its_heights() -> None:
    found = find_peak(_curves(DESCENT, 0.01, 5))
    assert (found.first, found.peak, found.second) == (2, 8, 64)
    assert (found.peak_low, found.peak_high) == (8, 8)
    for interval, height in ((found.rise, 0.15), (found.fall, 0.25), (found.gain, -0.1)):
        assert interval.low < height < interval.high
    assert found.is_clear


def test_one_seed_decides_nothing() -> None:
    found = find_peak(_curves(DESCENT, 0, 1))
    assert found.rise.value == pytest.approx(0.15)
    assert not found.rise.is_known
    assert not found.is_clear


def test_noise_on_a_curve_without_a_peak_is_seldom_taken_for_one() -> None:
    flat = np.full(7, 0.3)
    for mean in (MONOTONE, flat):
        assert sum(find_peak(_curves(mean, 0.02, 5, seed)).is_clear for seed in range(200)) <= 5


def test_another_value_is_measured_where_the_other_seeds_peak() -> None:
    curves = _curves(DESCENT, 0.01, 5)
    for steps, place, height in ((-1, 4, 0.7), (0, 8, 0.9), (1, 16, 0.8)):
        doubled = value_beside_peak(curves, 2 * curves, steps)
        assert doubled.value == pytest.approx(2 * curves[place].mean())
        assert doubled.low < height < doubled.high
    # Each of these seeds peaks at a place of its own, which the others do not choose.
    apart = pd.DataFrame(0.3 + 0.1 * np.eye(7)[[2, 3, 4]], columns=PLACES)
    assert value_beside_peak(apart, apart, 0).value == pytest.approx(0.3)


def marks(errors: dict[int, float]) -> DoubleDescent:
    curve = pd.DataFrame({"features": list(errors), "error": list(errors.values())})
    return double_descent(curve.sample(frac=1, random_state=0), "features", "error")


def test_a_double_descent() -> None:
    found = marks({1: 5.0, 2: 3.0, 4: 4.0, 8: 20.0, 16: 4.0, 32: 2.0})
    assert found == DoubleDescent(2, 3.0, 8, 20.0, 4, 16, 32, 2.0)
    assert found.descends_further
    assert [found.is_peak_at(threshold) for threshold in (3, 4, 10, 16, 17)] == [False, True, True, True, False]


@pytest.mark.parametrize(("errors", "peak"), [({1: 9.0, 2: 3.0, 3: 1.0}, 1), ({1: 1.0, 2: 3.0, 3: 9.0}, 3)])
def test_a_peak_at_an_end_is_no_double_descent(errors: dict[int, float], peak: int) -> None:
    found = marks(errors)
    assert found.peak == peak
    assert not found.descends_further
    assert math.isnan(found.first if peak == 1 else found.second)


def test_one_curve_and_many_have_the_same_peak() -> None:
    found = marks({1: 0.9, 2: 0.1, 3: 0.2, 4: 0.15, 5: 0.6, 6: 0.05})
    assert (found.first, found.peak, found.second) == (2, 5, 6)
