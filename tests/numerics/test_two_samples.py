"""Tests and slopes of two samples: how often they are wrong where the truth is known."""

import numpy as np
import pytest

from geomgen.numerics.two_samples import permuted_hamming, permuted_ks, power_between, smoothed_divergence

REPEATS = 1000


def _law(functions: int, power: float = 1.0) -> np.ndarray:
    weights = np.arange(1, functions + 1.0) ** (-1.2 * power)
    return np.asarray(weights / weights.sum())


@pytest.mark.parametrize("power", [0.5, 1.0, 1.5])
def test_the_bias_of_the_slope_is_small_and_its_interval_covers_it(power: float) -> None:
    """P is the law of Q itself at power 1; the functions are chosen by a third sample."""
    source, slopes, covered = np.random.default_rng(int(10 * power)), [], 0
    for _ in range(REPEATS):
        half, against = source.multinomial(1000, _law(2000), size=2)
        found = power_between(source.multinomial(1000, _law(2000, power))[half >= 5], against[half >= 5])
        covered += found.low <= power <= found.high
        slopes.append(found.value)
    assert 0.93 <= covered / REPEATS <= 0.97
    assert abs(np.mean(slopes) - power) < 0.25 * np.std(slopes)


def test_large_samples_give_the_exponent() -> None:
    source = np.random.default_rng(1)
    for power in (0.5, 1.5):
        first, second = source.multinomial(10**5, _law(50, power)), source.multinomial(10**5, _law(50))
        found = power_between(first, second)
        assert abs(found.value - power) < 5 * found.stderr < 0.05


def test_scatter_around_the_power_widens_the_interval() -> None:
    source = np.random.default_rng(2)
    law = _law(200)
    scattered = law * np.exp(source.normal(size=200) / 2)
    exact, loose = (
        power_between(source.multinomial(5000, p / p.sum()), source.multinomial(5000, law)) for p in (law, scattered)
    )
    assert loose.stderr > 3 * exact.stderr


def test_counts_of_no_relation_have_no_slope_near_1() -> None:
    source = np.random.default_rng(2)
    found = power_between(source.multinomial(1000, np.full(20, 1 / 20)), source.multinomial(1000, _law(20)))
    assert found.high < 0.5


def test_too_little_has_no_slope() -> None:
    assert not power_between(np.array([3, 2, 1]), np.array([2, 2, 2])).is_known
    assert not power_between(np.array([3, 3, 3, 3]), np.array([3, 3, 3, 3])).is_known
    assert not power_between(np.array([0, 0, 0, 0]), np.array([1, 2, 3, 4])).is_known


def test_equal_laws_are_rejected_at_the_level() -> None:
    source = np.random.default_rng(3)
    law = np.array([0.5, 0.3, 0.15, 0.05])
    ks = [permuted_ks(source.multinomial(60, law), source.multinomial(60, law), source).p_value for _ in range(REPEATS)]
    assert np.mean(np.array(ks) <= 0.05) <= 0.05 + 5 * np.sqrt(0.05 * 0.95 / REPEATS)
    hamming = [
        permuted_hamming(source.random((20, 6)) < 0.4, source.random((20, 6)) < 0.4, source).p_value
        for _ in range(REPEATS // 4)
    ]
    assert 0.0 < np.mean(np.array(hamming) <= 0.05) <= 0.05 + 5 * np.sqrt(0.05 * 0.95 / (REPEATS // 4))


def test_different_laws_are_told_apart() -> None:
    source = np.random.default_rng(4)
    assert permuted_ks(np.array([90, 10]), np.array([50, 50]), source).p_value == 0.001
    assert permuted_hamming(source.random((50, 8)) < 0.2, source.random((50, 8)) < 0.6, source).p_value == 0.001


def test_the_divergence_of_large_counts_is_that_of_their_laws() -> None:
    found = smoothed_divergence(np.array([750_000, 250_000]), np.array([500_000, 500_000]))
    assert found == pytest.approx(0.75 * np.log(1.5) + 0.25 * np.log(0.5), abs=1e-5)
    assert smoothed_divergence(np.array([3, 4]), np.array([3, 4])) == 0
