"""Each interval against how often it covers the truth, and against scipy and cases worked by hand."""

import math
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from scipy.special import stdtrit

from geomgen.numerics.statistics import (
    contrast,
    cross_fitted,
    crossing,
    difference,
    holm,
    line,
    mean,
    plane,
    quotient,
    reversal,
)
from tests.numerics.coverage import REPEATS, Array, covers, is_within, says

SIZES = (2, 3, 5, 8)
A, B, C = (np.random.default_rng(seed).normal(size=5) for seed in range(3))


def drawn(seed: int, sizes: tuple[int, ...], spreads: Array, centres: Array) -> list[Array]:
    """Return ``(REPEATS, n)`` normal values of each group."""
    source = np.random.default_rng(seed)
    return [
        centre + spread * source.normal(size=(REPEATS, n))
        for n, spread, centre in zip(sizes, spreads, centres, strict=True)
    ]


def welch(groups: list[Array], weights: Array) -> tuple[Array, Array, Array]:
    """Return value, standard error and degrees of freedom of a contrast in each repeat; weights may differ in each."""
    counts = np.array([group.shape[1] for group in groups])[:, None]
    means, variances = (np.array([getattr(group, name)(1, **more) for group in groups]) for name, more in (
        ("mean", {}), ("var", {"ddof": 1})))  # fmt: skip
    weights = weights if weights.ndim == 2 else weights[:, None]
    parts = weights**2 * variances / counts
    return (weights * means).sum(0), np.sqrt(parts.sum(0)), parts.sum(0) ** 2 / (parts**2 / (counts - 1)).sum(0)


def spreads_of(groups: int) -> list[Array]:
    """Return equal spreads, and one spread of 4 times the others in each place."""
    return [np.ones(groups), *(1 + 3 * np.eye(groups))]


def slope_weights(x: Array) -> Array:
    return np.asarray((x - x.mean()) / np.square(x - x.mean()).sum())


def bend_weights(x: Array) -> Array:
    half = (len(x) + 1) // 2
    upper, lower = slope_weights(x[-half:]), slope_weights(x[:half])
    return np.append(np.zeros(len(x) - half), upper) - np.append(lower, np.zeros(len(x) - half))


CONTRASTS = {
    "difference": np.array([1.0, -1.0]),
    "ratio": np.array([1.0, -1.2, 0.2]),
    "slope of 3": slope_weights(np.arange(3.0)),
    "slope of 7": slope_weights(np.arange(7.0)),
    "bend of 3": bend_weights(np.arange(3.0)),
    "bend of 7": bend_weights(np.arange(7.0)),
}


@pytest.mark.parametrize("n", SIZES)
def test_mean_is_covered_in_95_percent(n: int) -> None:
    (sample,) = drawn(n, (n,), np.array([2.0]), np.array([3.0]))
    found = mean(sample[0])
    assert found.interval() == pytest.approx(stats.ttest_1samp(sample[0], 0).confidence_interval())
    assert found.freedom == n - 1
    assert not found.approximate
    value, stderr, freedom = welch([sample], np.ones(1))
    assert 0.945 < covers(value, stderr, freedom, 3).mean() < 0.955


@pytest.mark.parametrize("name", CONTRASTS)
@pytest.mark.parametrize("n", SIZES)
def test_contrast_covers_what_it_says(name: str, n: int) -> None:
    weights = CONTRASTS[name]
    for spreads in spreads_of(len(weights)):
        groups = drawn(n, (n,) * len(weights), spreads, np.zeros(len(weights)))
        found = contrast([group[0] for group in groups], weights)
        simulated = welch(groups, weights)
        assert (found.value, found.stderr, found.freedom) == pytest.approx([part[0] for part in simulated])
        assert is_within(float(covers(*simulated).mean()), says(found))


@pytest.mark.parametrize("name", ["difference", "slope of 7", "bend of 7"])
@pytest.mark.parametrize(("usual", "odd"), [(8, 2), (2, 8), (3, 2), (8, 3), (3, 8), (8, 4), (5, 8)])
def test_contrast_of_unequal_sizes_covers_what_it_says(name: str, usual: int, odd: int) -> None:
    weights = CONTRASTS[name]
    for spread in (0.25, 1, 4):
        sizes, spreads = (odd, *[usual] * (len(weights) - 1)), np.array([spread, *[1.0] * (len(weights) - 1)])
        groups = drawn(usual + odd, sizes, spreads, np.zeros(len(weights)))
        found = contrast([group[0] for group in groups], weights)
        assert is_within(float(covers(*welch(groups, weights)).mean()), says(found))


def test_difference_equals_welchs_test() -> None:
    for left, right in ((A, B), (A, B[:3]), (A[:2], C)):
        theirs = stats.ttest_ind(left, right, equal_var=False)
        assert difference(left, right).interval(0.9) == pytest.approx(theirs.confidence_interval(0.9))
        assert difference(left, right).p_value(0) == pytest.approx(theirs.pvalue)


def test_contrast_by_hand() -> None:
    found = contrast(([0, 2], [5, 6, 7], [9]), (2, -1, 0))
    assert (found.value, found.count) == (2 - 6, 2)
    assert found.stderr == pytest.approx(math.sqrt(4 * 2 / 2 + 1 / 3))
    assert found.freedom == pytest.approx((4 + 1 / 3) ** 2 / (4**2 / 1 + (1 / 3) ** 2 / 2))


def test_one_seed_has_no_interval() -> None:
    for found in (mean([7.0]), difference([8.0], [1.0]), contrast(([1, 2], [6.5]), (-1, 4 / 3 * 6.375 / 6.5))):
        assert found.value == pytest.approx(7)
        assert str(found) == "7 (spread unknown)"
        assert found.p_value(0) == 1
    assert math.isnan(mean([]).value)


def test_equal_values_are_exact() -> None:
    for found in (mean([0.1] * 3), difference([0.3, 0.3], [0.2, 0.2])):
        assert (found.stderr, str(found)) == (0, "0.1")
        assert found.is_known
    assert mean([0.1] * 3).value == 0.1


def test_line_goes_through_the_means_of_groups() -> None:
    x, groups = np.array([4.0, 1.0, 2.0, 8.0, 9.0]), [A, B, C, A[:3] + 1, B[1:] - 2]
    means, order = np.array([group.mean() for group in groups]), np.argsort(x)
    found, y = line(x, groups), means[order]
    assert found.slope.value == pytest.approx(np.polyfit(x, means, 1)[0])
    upper, lower = np.polyfit(np.sort(x)[2:], y[2:], 1)[0], np.polyfit(np.sort(x)[:3], y[:3], 1)[0]
    assert found.bend.value == pytest.approx(upper - lower)
    assert (found.slope.count, found.dropped) == (3, 0)
    with_single = line([*x, 20], [*groups, [4.0]])
    assert with_single.dropped == 1
    assert with_single.slope == found.slope
    assert line([*x, 20], [*groups, []]) == found


def test_line_through_single_values_equals_linregress() -> None:
    x, y = np.arange(5.0), A
    theirs, found = stats.linregress(x, y), line(x, A[:, None])
    assert (found.slope.value, found.slope.stderr) == pytest.approx((theirs.slope, theirs.stderr))
    assert found.slope.p_value(0) == pytest.approx(theirs.pvalue)
    assert found.bend.value == pytest.approx(bend_weights(x) @ y)
    assert math.isnan(found.lack_of_fit)
    assert not line([0, 1], [[0], [7]]).slope.is_known
    with pytest.raises(ValueError, match="each at its own x"):
        line([1, 1], [A, B])


@pytest.mark.parametrize("points", [3, 4, 7, 15])
def test_line_through_single_values_covers_what_it_says(points: int) -> None:
    x = np.arange(points, dtype=float)
    bend = bend_weights(x)
    for spreads in (np.ones(points), *(1 + 3 * np.eye(points))[:: points // 2]):
        y = np.column_stack(drawn(points, (1,) * points, spreads, 2 * x))
        found, ranges = line(x, y[0][:, None]), [(0.945, 0.955)]
        for one, columns, truth in ((found.slope, [x], 2), (found.bend, [x, bend / (bend @ bend)], 0)):
            design = np.column_stack([np.ones(points), *columns])
            if points > design.shape[1]:
                solution, freedom = np.linalg.pinv(design) @ y.T, points - design.shape[1]
                scale = np.linalg.inv(design.T @ design)[-1, -1] / freedom
                stderr = np.sqrt(np.square(y.T - design @ solution).sum(0) * scale)
                assert (one.value, one.stderr) == pytest.approx((solution[-1, 0], stderr[0]))
                covered = float(covers(solution[-1], stderr, freedom, truth).mean())
                assert is_within(covered, *(ranges if spreads.max() == 1 else [says(one)]))


@pytest.mark.parametrize("n", [2, 8])
def test_lack_of_fit_rejects_5_percent_of_straight_lines(n: int) -> None:
    groups = drawn(n, (n,) * 4, np.ones(4), np.arange(4.0))
    rejected = [line(range(4), [group[index] for group in groups]).lack_of_fit < 0.05 for index in range(500)]
    assert 0.03 < np.mean(rejected) < 0.07
    bent = [A, A + 1, A + 9]
    assert line(range(3), bent).lack_of_fit < 0.01


def test_lack_of_fit_by_hand() -> None:
    groups = [[0.0, 2.0], [0.0, 2.0], [3.0, 5.0]]  # means 1, 1, 4; the line is 0.5, 2, 3.5
    lack, pure = 2 * (0.25 + 1 + 0.25), 6 * 1
    assert line(range(3), groups).lack_of_fit == pytest.approx(stats.f.sf(lack / (pure / 3), 1, 3))


def quotients(groups: list[Array], top: Array, bottom: Array) -> tuple[tuple[Array, Array, Array], NDArray[np.bool_]]:
    """Return value, standard error and degrees of freedom of a quotient in each repeat, and where it is known."""
    below = welch(groups, bottom)
    value = welch(groups, top)[0] / below[0]
    _, stderr, freedom = welch(groups, top[:, None] - value * bottom[:, None])
    is_known = ~covers(*below) & (np.abs(below[0]) > 5 * below[1])
    return (value, stderr / np.abs(below[0]), freedom), is_known


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("ratio", [0.1, 3.0])
def test_quotient_covers_what_it_says(n: int, ratio: float) -> None:
    top, bottom = np.array([0.0, -1.0, 1.0]), np.array([-1.0, 1.0, 0.0])
    for spreads in spreads_of(3):
        size = 10 * math.hypot(*spreads[:2]) / math.sqrt(n)
        groups = drawn(n, (n,) * 3, spreads, np.array([0, size, size * (1 + ratio)]))
        simulated, is_known = quotients(groups, top, bottom)
        found = quotient([group[0] for group in groups], top, bottom)
        assert found.is_known == is_known[0]
        if found.is_known:
            assert (found.value, found.stderr, found.freedom) == pytest.approx([part[0] for part in simulated])
        covered = float(covers(*simulated, ratio)[is_known].mean())
        assert is_within(covered, says(contrast([group[0] for group in groups], (1, 1, 1))))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("errors", [1.0, 3.0, 5.0])
def test_quotient_of_a_small_denominator_excludes_the_truth_in_at_most_7_percent(n: int, errors: float) -> None:
    top, bottom = np.array([0.0, -1.0, 1.0]), np.array([-1.0, 1.0, 0.0])
    for spreads in spreads_of(3):
        size = errors * math.hypot(*spreads[:2]) / math.sqrt(n)
        groups = drawn(n, (n,) * 3, spreads, np.array([0, size, 2 * size]))
        simulated, is_known = quotients(groups, top, bottom)
        assert (is_known & ~covers(*simulated, 1)).mean() < 0.07


@pytest.mark.parametrize("n", [2, 3, 8])
@pytest.mark.parametrize(("centres", "turns"), [((-1, 0, 9), False), ((0, 0, 0), False), ((-9, 0, -9, 9), True)])
def test_a_reversal_is_rarely_found_on_the_wrong_side(n: int, centres: tuple[float, ...], *, turns: bool) -> None:
    """At the limit: some means are 0, so that nothing turns back, or just so."""
    source = np.random.default_rng(0)
    repeats = 2000
    found = [reversal([centre + source.normal(size=n) for centre in centres]).extent for _ in range(repeats)]
    wrong = sum(one.high < 0 if turns else one.low > 0 for one in found) / repeats
    assert wrong < 0.025 + 4 * math.sqrt(0.025 / repeats)


def test_a_reversal_is_of_the_surest_pair() -> None:
    offsets = np.array([-0.01, 0.0, 0.01])
    first, second, extent = reversal([offsets - 3, offsets + 1, offsets - 2, offsets + 4])
    assert (first, second) == (1, 2)
    assert extent.value == pytest.approx(1)
    assert extent.low > 0
    assert reversal([offsets - 3, offsets - 1, offsets + 2]).extent.high < 0


def test_quotient_of_an_uncertain_denominator_is_unknown() -> None:
    groups = (A, A + 0.01, A + 9)
    assert not quotient(groups, (0, -1, 1), (-1, 1, 0)).is_known
    found = quotient(groups, (0, -1, 1), (-1, 0, 1))
    assert found.value == pytest.approx(8.99 / 9)
    assert found.is_known


@pytest.mark.parametrize("n", SIZES)
def test_crossing_covers_what_it_says(n: int) -> None:
    for spreads in spreads_of(2):
        size = 10 * math.hypot(*spreads) / math.sqrt(n)
        groups = drawn(n, (n,) * 2, spreads, np.array([0.3 * size, -0.7 * size]))
        simulated, is_known = quotients(groups, np.array([1.0, 0.0]), np.array([1.0, -1.0]))
        first = int(np.argmax(is_known))
        found = crossing(100, 1000, groups[0][first], groups[1][first])
        assert math.log10(found.value) == pytest.approx(2 + simulated[0][first])
        assert found.stderr == pytest.approx(simulated[1][first] * math.log(10))
        assert is_within(float(covers(*simulated, 0.3)[is_known].mean()), says(found))


def test_crossing_by_hand() -> None:
    found = crossing(16, 64, [0.9, 1.1], [-1.1, -0.9])
    assert found.value == pytest.approx(32)
    assert found.stderr == pytest.approx(math.log(4) * math.hypot(0.1, 0.1) / 2**2)
    assert found.low * found.high == pytest.approx(32**2)
    assert not crossing(16, 64, A, A).is_known


GRID = np.array([[a, b] for a in range(5) for b in range(3)], float)


def test_plane_without_censoring_equals_least_squares() -> None:
    y = GRID @ [1, 2] + np.random.default_rng(1).normal(size=15)
    design = np.column_stack([np.ones(15), GRID])
    solution, squares, *_ = np.linalg.lstsq(design, y)
    stderrs = np.sqrt(squares[0] / 12 * np.linalg.inv(design.T @ design).diagonal())
    for index, found in enumerate(plane(GRID, y, np.zeros(15, bool)), 1):
        assert (found.value, found.stderr, found.freedom) == pytest.approx((solution[index], stderrs[index], 12))


@pytest.mark.parametrize(("slope", "limit"), [(0.5, math.inf), (0.5, 2.0), (2.0, 6.0)])
def test_plane_covers_what_it_says(slope: float, limit: float) -> None:
    source, covered, said = np.random.default_rng(1), [], (0.93, 0.97)
    for _ in range(600):
        y = GRID @ [slope, slope] + source.normal(size=15)
        found = plane(GRID, np.minimum(y, limit), y > limit)[0]
        said = says(found) if found.approximate else said
        covered += [found.low <= slope <= found.high] if found.is_known else []
    assert is_within(float(np.mean(covered)), said)


def test_upper_bounds_mirror_lower_ones() -> None:
    y = GRID @ [1, 2] + np.random.default_rng(2).normal(size=15)
    at_least, at_most = plane(GRID, np.minimum(y, 5), y > 5), plane(GRID, np.maximum(-y, -5), below=y > 5)
    for one, other in pairwise([at_least[0], at_most[0]]):
        assert (one.value, one.stderr) == pytest.approx((-other.value, other.stderr))


def peak_heights(curves: Array) -> Array:
    """Return each seed's rise to the most prominent peak of all others' mean: ``(repeats, seeds)``."""
    repeats, seeds, _ = curves.shape
    rows, heights = np.arange(repeats), []
    for seed in range(seeds):
        other, own = np.delete(curves, seed, 1).mean(1), curves[:, seed]
        before, after = np.minimum.accumulate(other, 1), np.minimum.accumulate(other[:, ::-1], 1)[:, ::-1]
        peak = 1 + np.argmax(other[:, 1:-1] - np.maximum(before[:, :-2], after[:, 2:]), 1)
        first = np.where(np.arange(other.shape[1]) < peak[:, None], other, np.inf).argmin(1)
        heights.append(own[rows, peak] - own[rows, first])
    return np.array(heights).T


def rise_heights(curves: Array) -> Array:
    """Return each seed's rise between the two points where all others' mean rises most: ``(repeats, seeds)``."""
    low, high = np.triu_indices(curves.shape[2], 1)
    heights = []
    for seed in range(curves.shape[1]):
        other, own = np.delete(curves, seed, 1).mean(1), curves[:, seed]
        best = np.argmax(other[:, high] - other[:, low], 1)[:, None]
        heights.append(np.take_along_axis(own[:, high] - own[:, low], best, 1)[:, 0])
    return np.array(heights).T


@pytest.mark.parametrize("seeds", SIZES)
@pytest.mark.parametrize("points", [5, 12])
def test_cross_fitted_heights_of_flat_curves_are_covered(seeds: int, points: int) -> None:
    curves = np.random.default_rng(seeds).normal(size=(4000, seeds, points))
    for heights in (peak_heights(curves), rise_heights(curves)):
        value, stderr, freedom = welch([heights], np.ones(1))
        found, factor = cross_fitted(heights[0]), math.sqrt(2 + seeds / 8)
        assert (found.value, found.stderr, found.freedom) == pytest.approx((value[0], factor * stderr[0], seeds - 1))
        assert 0.935 < covers(value, factor * stderr, freedom).mean() < 0.975
        assert np.mean(value > stdtrit(freedom, 0.975) * factor * stderr) < 0.035
        if seeds > 2:
            assert covers(value, stderr, freedom).mean() < 0.915  # the plain interval
    assert not cross_fitted([7.0]).is_known


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.001]) == [True, False, False, True]
    assert holm([0.04, 0.01, 0.02]) == [True, True, True]
    assert holm([math.nan, 0.001]) == [False, True]
    assert holm([0.06]) == [False]
    assert holm([0.06], level=0.9) == [True]
    assert holm([]) == []
