"""Intervals against what they cover, and verdicts against their limits."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from geomgen.report.claims.claim import Verdict
from geomgen.report.claims.intervals import (
    Interval,
    above,
    all_of,
    apart,
    at_width,
    below,
    between_widths,
    mean_interval,
    plane_intervals,
    pooled_spread,
    rank_correlation,
    slope_interval,
    welch_interval,
    within,
)

REPEATS = 2000


def coverage(covered: list[bool]) -> float:
    """Return by how many standard errors a coverage differs from 95 %."""
    return (float(np.mean(covered)) - 0.95) / math.sqrt(0.95 * 0.05 / len(covered))


@pytest.mark.parametrize("count", [2, 3, 10])
def test_the_mean_of_seeds_is_covered(count: int) -> None:
    source = np.random.default_rng(count)
    found = [mean_interval(source.normal(3, 2, count)) for _ in range(REPEATS)]
    assert abs(coverage([interval.low < 3 < interval.high for interval in found])) < 5


def test_a_difference_of_means_of_unlike_spread_is_covered() -> None:
    source = np.random.default_rng(0)
    found = [welch_interval(list(source.normal(1, 2, 12)), list(source.normal(0, 1, 12))) for _ in range(REPEATS)]
    assert abs(coverage([interval.low < 1 < interval.high for interval in found])) < 5


def test_a_slope_is_covered() -> None:
    source, x = np.random.default_rng(1), np.arange(5.0)
    found = [slope_interval(list(x), list(2 * x + source.normal(size=5)))[0] for _ in range(REPEATS)]
    assert abs(coverage([interval.low < 2 < interval.high for interval in found])) < 5
    line, r_squared = slope_interval([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    assert (line.value, r_squared) == pytest.approx((2, 1))


def test_one_seed_has_no_interval_and_decides_nothing() -> None:
    for found in (mean_interval([7.0]), welch_interval([8.0], [1.0]), slope_interval([0.0, 1.0], [0.0, 7.0])[0]):
        assert found.value == 7
        assert {above(found), below(found), within(found, 0, 9)} == {Verdict.UNDECIDED}
        assert str(found) == "7 (spread unknown)"
    assert above(mean_interval([])) is Verdict.UNDECIDED


def by_width(values: dict[tuple[int, int], float]) -> pd.Series:
    return pd.Series(values).rename_axis(["width", "seed"])


def test_spread_is_pooled_over_widths() -> None:
    values = by_width({(1, 0): 0.0, (1, 1): 2.0, (2, 0): 5.0, (2, 1): 6.0, (3, 0): 9.0})
    spread, freedom = pooled_spread(values)
    assert spread == pytest.approx(math.sqrt((2 + 0.5) / 2))
    assert freedom == 2
    assert pooled_spread(values.loc[[3]])[1] == 0
    assert not at_width(values.loc[[3]], 3).is_known


def test_a_width_of_one_seed_is_covered_by_the_spread_of_the_others() -> None:
    source, keys = np.random.default_rng(2), [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 0)]
    samples = [by_width({key: key[0] + source.normal() for key in keys}) for _ in range(REPEATS // 5)]
    alone = [at_width(values, 3) for values in samples]
    assert abs(coverage([interval.low < 3 < interval.high for interval in alone])) < 5
    gains = [between_widths(values, 1, 3) for values in samples]
    assert abs(coverage([interval.low < 2 < interval.high for interval in gains])) < 5


def test_a_verdict_needs_the_whole_interval() -> None:
    found = Interval(2, 1, 3, 5)
    assert [above(found, limit) for limit in (0, 2, 4)] == ["holds", "undecided", "does not hold"]
    assert [below(found, limit) for limit in (4, 2, 0)] == ["holds", "undecided", "does not hold"]
    assert [within(found, *ends) for ends in ((0, 4), (2, 4), (4, 5))] == ["holds", "undecided", "does not hold"]
    assert [apart(found, value) for value in (0, 2, 4)] == ["holds", "undecided", "holds"]
    assert all_of(Verdict.HOLDS, Verdict.UNDECIDED) == "undecided"
    assert all_of(Verdict.FAILS, Verdict.UNDECIDED) == "does not hold"


def test_slopes_of_a_plane_and_their_coverage() -> None:
    source, covered = np.random.default_rng(5), 0
    x = np.column_stack([np.tile([1.0, 2.0, 3.0], 3), np.repeat([1.0, 2.0, 4.0], 3)])
    for _ in range(1000):
        found, _other = plane_intervals(x, x @ [2.0, -1.0] + source.normal(size=9))
        covered += found.low < 2.0 < found.high
    assert 0.93 <= covered / 1000 <= 0.97
    exact = plane_intervals(x, x @ [2.0, -1.0] + 7)
    assert [slope.value for slope in exact] == pytest.approx([2.0, -1.0])


def test_rank_correlation_is_spearmans() -> None:
    x, y = pd.Series([1.0, 5.0, 2.0, 2.0]), pd.Series([3.0, 9.0, 4.0, 1.0])
    assert rank_correlation(x, y) == pytest.approx(float(stats.spearmanr(x, y).statistic))
