"""Intervals and p-values of estimates: scales, agreement with each other, fractions, and how they are written."""

import math

import numpy as np
import pytest
from scipy import stats

from geomgen.numerics.estimate import Estimate, exponential, largest_correlation, share, significant

ESTIMATES = {
    "t": Estimate(1.0, 0.3, 3.7, 5),
    "normal": Estimate(-1.0, 0.3, math.inf, 5),
    "logarithmic": Estimate(2.0, 0.4, 2, 3, scale="log"),
    "correlation": Estimate(0.6, 0.5, math.inf, 7, scale="fisher"),
    "mean of correlations": Estimate(0.8, 0.3, 3, 4, scale="correlation"),
    "correlation of 1": Estimate(1.0, 0.86, math.inf, 5, scale="fisher"),
    "exact": Estimate(3.0, 0.0, math.inf, 5),
    "some": share(3, 9),
    "none": share(0, 9),
    "all": share(9, 9),
}


@pytest.mark.parametrize("name", ESTIMATES)
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99])
def test_p_value_is_small_where_the_interval_excludes(name: str, level: float) -> None:
    found = ESTIMATES[name]
    low, high = found.interval(level)
    assert low <= found.value <= high
    for limit in (*np.linspace(-2, 4, 241), low - 1e-9, low + 1e-9, high - 1e-9, high + 1e-9):
        if abs(limit - low) > 1e-12 and abs(limit - high) > 1e-12:
            assert (found.p_value(limit) < 1 - level) == (not low <= limit <= high), limit


def test_interval_and_p_value_equal_those_of_scipy() -> None:
    found = ESTIMATES["t"]
    assert found.interval(0.9) == pytest.approx(stats.t.interval(0.9, 3.7, 1, 0.3))
    assert found.p_value(0) == pytest.approx(2 * stats.t.sf(1 / 0.3, 3.7))
    normal = ESTIMATES["normal"]
    assert (normal.low, normal.high) == pytest.approx(stats.norm.interval(0.95, -1, 0.3))
    assert normal.p_value(-1.5) == pytest.approx(2 * stats.norm.sf(0.5 / 0.3))


def test_logarithmic_interval_is_that_of_the_logarithm() -> None:
    found = ESTIMATES["logarithmic"]
    assert np.log(found.interval()) == pytest.approx(stats.t.interval(0.95, 2, math.log(2), 0.4))
    assert found.p_value(-1) == 0
    assert exponential(1e4) == math.inf


def test_unknown_and_exact_estimates() -> None:
    unknown = Estimate(1.0, math.nan, 0, 1)
    assert not unknown.is_known
    assert np.isnan(unknown.interval()).all()
    assert unknown.p_value(0) == 1
    exact = ESTIMATES["exact"]
    assert (exact.low, exact.high) == (3, 3)
    assert (exact.p_value(3), exact.p_value(3.1)) == (1, 0)


@pytest.mark.parametrize("total", [5, 12])
def test_share_equals_clopper_and_pearson_and_covers_at_least_its_level(total: int) -> None:
    found = [share(successes, total) for successes in range(total + 1)]
    for successes, one in enumerate(found):
        theirs = stats.binomtest(successes, total).proportion_ci(0.9, method="exact")
        assert one.interval(0.9) == pytest.approx((theirs.low, theirs.high))
        assert one.successes == successes
    for truth in np.linspace(0.01, 0.99, 50):
        chances = stats.binom.pmf(np.arange(total + 1), total, truth)
        assert chances[[one.low <= truth <= one.high for one in found]].sum() >= 0.95
    assert found[0].approximate == "covers 95 to 100 %"


def test_share_of_nothing_is_unknown() -> None:
    assert not share(0, 0).is_known
    assert np.isnan(share(0, 0).interval()).all()
    assert share(0, 0).p_value(0.5) == 1
    assert share(0, 9).p_value(-1) == 0


def test_largest_correlation_is_half_way_to_the_next() -> None:
    next_one = stats.spearmanr(range(6), [0, 1, 2, 3, 5, 4]).statistic
    assert largest_correlation(6) == pytest.approx((1 + next_one) / 2)


def test_written_with_its_interval() -> None:
    assert str(Estimate(0.614, 0.0015, math.inf, 9)) == "0.614 [0.611, 0.617]"
    assert str(Estimate(0.614, math.nan, 0, 1)) == "0.614 (spread unknown)"
    assert str(ESTIMATES["exact"]) == "3"
    assert (significant(2934.4), significant(0.12345)) == ("2,934", "0.123")
