"""Rank correlations against scipy and cases worked by hand, and how often their intervals cover the truth."""

import math

import numpy as np
import pytest
from scipy import stats

from geomgen.numerics.correlation import partial_rank_correlation, rank_correlation
from tests.numerics.coverage import REPEATS, covers, is_within, says


@pytest.mark.parametrize("n", [5, 8, 12, 50])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_rank_correlation_covers_what_it_says(n: int, correlation: float) -> None:
    source, truth = np.random.default_rng(n), 6 / math.pi * math.asin(correlation / 2)
    x = source.normal(size=(REPEATS, n))
    y = correlation * x + math.sqrt(1 - correlation**2) * source.normal(size=x.shape)
    ranks = [values.argsort(1).argsort(1) for values in (x, y)]
    rho = 1 - 6 * np.square(ranks[0] - ranks[1]).sum(1) / (n**3 - n)
    most = 1 - 6 / (n**3 - n)
    clipped = np.clip(rho, -most, most)
    stderr = np.sqrt((1 + clipped**2 / 2) / (n - 3))
    covered = covers(np.arctanh(clipped), stderr, math.inf, math.atanh(min(truth, most)))
    found = [rank_correlation(*pair) for pair in zip(x[:40], y[:40], strict=True)]
    assert [one.value for one in found] == pytest.approx(rho[:40])
    assert [one.low <= truth <= one.high for one in found] == list(covered[:40])
    assert all(-1 <= one.low <= one.value <= one.high <= 1 for one in found)
    assert is_within(float(covered.mean()), says(min(found, key=lambda one: abs(one.value))))


def test_rank_correlation_equals_spearmans() -> None:
    x, y = [1.0, 2, 2, 3, 9, 4], [3.0, 1, 5, 5, 5, 9]
    assert rank_correlation(x, y).value == pytest.approx(stats.spearmanr(x, y).statistic)
    assert rank_correlation(x, y).stderr == pytest.approx(math.sqrt((1 + rank_correlation(x, y).value ** 2 / 2) / 3))
    assert rank_correlation(range(9), range(9)).high == 1
    assert not rank_correlation(range(3), range(3)).is_known
    assert math.isnan(rank_correlation(x, [1.0] * 6).value)
    assert math.isnan(rank_correlation([], []).value)


def test_partial_rank_correlation_of_one_group_is_the_rank_correlation() -> None:
    x, y = [1.0, 2, 2, 3, 9, 4], [3.0, 1, 5, 5, 5, 9]
    assert partial_rank_correlation(x, y, [0] * 6) == rank_correlation(x, y)


def test_partial_rank_correlation_equals_that_of_residuals_of_ranks() -> None:
    source, groups = np.random.default_rng(0), np.arange(20) % 4
    x, y = source.normal(size=(2, 20)) + 3 * groups
    design = (groups[:, None] == np.arange(4)).astype(float)
    left, right = (
        ranks - design @ np.linalg.lstsq(design, ranks)[0] for ranks in (stats.rankdata(x), stats.rankdata(y))
    )
    found = partial_rank_correlation(x, y, groups.tolist())
    assert found.value == pytest.approx(np.corrcoef(left, right)[0, 1])
    assert found.stderr == pytest.approx(math.sqrt((1 + found.value**2 / 2) / (20 - 3 - 3)))


def test_partial_rank_correlation_covers_0_where_groups_alone_go_together() -> None:
    source, groups, repeats = np.random.default_rng(1), np.repeat(np.arange(5), 8), 2000
    x, y = source.normal(size=(2, repeats, 40)) + 2 * groups
    found = [partial_rank_correlation(*pair, groups.tolist()) for pair in zip(x, y, strict=True)]
    covered = sum(one.low <= 0 <= one.high for one in found) / repeats
    assert abs(covered - 0.95) < 5 * math.sqrt(0.95 * 0.05 / repeats)
    assert all(rank_correlation(*pair).low > 0 for pair in zip(x[:40], y[:40], strict=True))


@pytest.mark.parametrize("share", [0.0, 0.9])
def test_points_that_share_a_seed_do_not_count_as_independent(share: float) -> None:
    """Six seeds in eight groups: if they make 90 % of the variance, the formula of independent points covers 54 %."""
    source, repeats = np.random.default_rng(2), 200
    groups, seeds = np.repeat(np.arange(8), 6), np.tile(np.arange(6), 8)
    common, own = source.normal(size=(2, repeats, 6))[..., seeds], source.normal(size=(2, repeats, 48))
    left, right = math.sqrt(share) * common + math.sqrt(1 - share) * own + groups
    found = [partial_rank_correlation(x, y, groups.tolist(), seeds.tolist()) for x, y in zip(left, right, strict=True)]
    covered = sum(one.low <= 0 <= one.high for one in found) / repeats
    assert is_within(covered, says(found[0]))


def test_seeds_of_their_own_change_nothing() -> None:
    x, y, groups = *np.random.default_rng(3).normal(size=(2, 12)), [0, 1] * 6
    assert partial_rank_correlation(x, y, groups, range(12)) == partial_rank_correlation(x, y, groups)


def test_partial_rank_correlation_is_unknown_where_every_group_has_one_point() -> None:
    assert not partial_rank_correlation(range(6), range(6), list(range(6))).is_known


def test_points_without_a_seed_are_independent_of_all() -> None:
    source, groups = np.random.default_rng(3), [0, 1] * 6
    x, y = source.normal(size=(2, 12))
    assert partial_rank_correlation(x, y, groups, [None] * 12) == partial_rank_correlation(x, y, groups)
    seeds = [0, 0, *range(1, 11)]
    assert partial_rank_correlation(x, y, groups, [0, 0, *[None] * 10]) == partial_rank_correlation(x, y, groups, seeds)


def test_few_shared_seeds_and_those_that_change_nothing_leave_the_error_unknown() -> None:
    source = np.random.default_rng(3)
    for _ in range(50):
        x, y = source.normal(size=(2, 12))
        few = partial_rank_correlation(x, y, [0, 1] * 6, [0, 0, 1, 1, 2, 2] * 2)
        assert not few.is_known
        assert few.p_value(0) > 0.05
    line = np.arange(12.0)
    assert not partial_rank_correlation(line, line, [0] * 12, [one // 2 for one in range(12)]).is_known
