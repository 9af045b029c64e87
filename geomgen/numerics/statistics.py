"""Means over seeds, contrasts, lines, ratios and correlations, each with its standard error and interval."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.correlation import partial_rank_correlation, rank_correlation
from geomgen.numerics.estimate import (
    LEVEL,
    Estimate,
    Share,
    exponential,
    share,
    significant,
)
from geomgen.numerics.tobit import tobit

__all__ = [
    "LEVEL", "Estimate", "Line", "Reversal", "Share", "contrast", "cross_fitted",
    "crossing", "difference", "holm", "line", "mean", "partial_rank_correlation", "plane", "quotient",
    "rank_correlation", "reversal", "share", "significant",
]  # fmt: skip
Vector = NDArray[np.float64]
Numbers = Iterable[SupportsFloat]
"""A list, an array, or a column of a table."""


def _vector(values: Numbers) -> Vector:
    return np.fromiter(values, float)


def _unknown(value: float, count: int) -> Estimate:
    return Estimate(value, math.nan, 0, count)


def mean(sample: Numbers) -> Estimate:
    """Return the mean over seeds, with the t law of n - 1 degrees of freedom; NaN of an empty sample."""
    return contrast((sample,), (1,))


class _Moments(NamedTuple):
    """Of one group: its size, mean, and squared standard error of the mean (NaN of fewer than two values)."""

    size: int
    mean: float
    variance: float


def _moments(group: Numbers) -> _Moments:
    sample = _vector(group)
    count = len(sample)
    if not count:
        return _Moments(0, math.nan, math.nan)
    shifted = sample - sample[0]  # exact for equal values
    variance = float(shifted.var(ddof=1)) / count if count > 1 else math.nan
    return _Moments(count, float(sample[0] + shifted.mean()), variance)


def contrast(groups: Iterable[Numbers], weights: Numbers) -> Estimate:
    r"""Return a weighted sum of the means of independent groups, each with its own spread.

    c = sum_i w_i m_i with variance sum_i w_i^2 s_i^2 / n_i; degrees of freedom by Welch and Satterthwaite. Unknown if a
    group has fewer than two values. Groups of weight 0 do not count. The interval covers 93 to 97 % in simulations of
    equal spreads and of one spread 4 times the others, unless the smallest group has two or three values.

    Args:
        groups: Values of each group, over seeds.
        weights: One per group.

    Source:
        Welch (1947); Satterthwaite (1946).
    """
    pairs = zip(_vector(weights), groups, strict=True)
    used = [(float(weight), _moments(group)) for weight, group in pairs if weight]
    value = math.fsum(weight * group.mean for weight, group in used)
    count = min((group.size for _, group in used), default=0)
    if count < 2:
        return _unknown(value, count)
    parts = np.array([weight**2 * group.variance for weight, group in used])
    total = float(parts.sum())
    if not total:
        return Estimate(value, 0.0, math.inf, count)
    shares = parts / total
    sizes = [group.size for _, group in used]
    freedom = 1 / float((shares**2 / (np.array(sizes) - 1)).sum())
    return Estimate(value, math.sqrt(total), freedom, count, _welch_coverage(sizes))


def _welch_coverage(sizes: Sequence[int]) -> str:
    """Return how often the interval of a contrast covers if that is not 93 to 97 %, from simulations."""
    smallest, are_equal = min(sizes), len(set(sizes)) == 1
    if len(sizes) == 1 or smallest > 3 or (smallest == 3 and are_equal):
        return ""
    if smallest == 3:
        return "covers 91 to 97 %"
    return "covers 91 to 99 %" if are_equal else "covers 86 to 98 %"


def difference(left: Numbers, right: Numbers) -> Estimate:
    """Return the mean of the left minus that of the right, as a `contrast`: Welch's interval."""
    return contrast((left, right), (1, -1))


class Line(NamedTuple):
    """A straight line through the means of groups.

    Attributes:
        slope: Its slope.
        bend: Slope over the upper half of the groups minus that over the lower (the middle group is in both); unknown
            for fewer than three groups.
        lack_of_fit: p-value of the F-test of the line against free means of the groups, of equal spread; NaN without
            repeats or with two groups.
        dropped: Number of groups left out because they have one value.
    """

    slope: Estimate
    bend: Estimate
    lack_of_fit: float
    dropped: int


def line(x: Numbers, groups: Iterable[Numbers]) -> Line:
    """Fit a line by least squares through the means of groups, each with its own spread and the same weight.

    Empty groups do not count. Groups of one value are left out if three others have more. Otherwise the line goes
    through all values, each with the same weight, and its errors follow from the residuals, taking the line as straight
    and the spread as equal.

    Args:
        x: One per group, in any order.
        groups: Values of each group, over seeds.

    Returns:
        Slope and bend, as contrasts of the groups where possible, and the test of the line.

    Raises:
        ValueError: If fewer than two groups have values, or two have the same x.
    """
    pairs = zip(_vector(x), (_vector(group) for group in groups), strict=True)
    filled = sorted(((at, sample) for at, sample in pairs if len(sample)), key=lambda pair: pair[0])
    positions, samples = np.array([at for at, _ in filled]), [sample for _, sample in filled]
    if len(np.unique(positions)) < max(2, len(positions)):
        raise ValueError(f"a line takes two or more groups, each at its own x, not {list(positions)}")
    repeated = [index for index, sample in enumerate(samples) if len(sample) > 1]
    if len(repeated) < min(3, len(samples)):
        return Line(*_from_residuals(positions, samples), _lack_of_fit(positions, samples), 0)
    kept, own = positions[repeated], [samples[index] for index in repeated]
    slope, bend = contrast(own, _slope_weights(kept)), _unknown(math.nan, 0)
    if len(kept) > 2:
        bend = contrast(own, _bend_weights(kept))
    return Line(slope, bend, _lack_of_fit(kept, own), len(samples) - len(own))


def _slope_weights(x: Vector) -> Vector:
    centred = x - x.mean()
    return np.asarray(centred / (centred @ centred))


def _bend_weights(x: Vector) -> Vector:
    half = (len(x) + 1) // 2
    weights = np.zeros(len(x))
    weights[-half:] += _slope_weights(x[-half:])
    weights[:half] -= _slope_weights(x[:half])
    return weights


def _from_residuals(x: Vector, samples: Sequence[Vector]) -> tuple[Estimate, Estimate]:
    """Return slope and bend of a line through all values, with errors from the residuals.

    Their intervals cover 95 % if all values have the same spread; ``approximate`` is for one of 4 times the others'.
    """
    counts = [len(sample) for sample in samples]
    values = np.concatenate(samples)
    slope = replace(plane(np.repeat(x, counts)[:, None], values)[0], approximate="covers 90 to 99 %")
    if len(x) < 3:
        return slope, _unknown(math.nan, 0)
    weights = np.repeat(_bend_weights(x) / counts, counts)
    scaled = weights / (weights @ weights)  # so that its coefficient is the contrast itself
    bend = plane(np.column_stack([np.repeat(x, counts), scaled]), values)[1]
    return slope, replace(bend, approximate="covers 65 to 98 %")


def _lack_of_fit(x: Vector, samples: Sequence[Vector]) -> float:
    from scipy.special import fdtrc

    counts = np.array([len(sample) for sample in samples])
    means = np.array([sample.mean() for sample in samples])
    pure_freedom, freedom = int(counts.sum() - len(x)), len(x) - 2
    if not pure_freedom or freedom < 1:
        return math.nan
    centred = x - counts @ x / counts.sum()
    slope = (counts * centred) @ means / ((counts * centred) @ centred)
    residuals = means - counts @ means / counts.sum() - slope * centred
    lack, pure = counts @ residuals**2, sum(float(np.square(sample - sample.mean()).sum()) for sample in samples)
    return float(fdtrc(freedom, pure_freedom, lack / freedom / (pure / pure_freedom))) if pure else math.nan


def quotient(groups: Iterable[Numbers], numerator: Numbers, denominator: Numbers) -> Estimate:
    r"""Return the ratio of two contrasts of the same groups, with its error by the delta method.

    r = a/b has the standard error of the contrast a - r b, over |b|. Unknown if the interval of b contains 0, or b is
    below 5 of its standard errors; so the interval excludes the truth in at most 7 % of repeats, however small b is.

    Args:
        groups: Values of each group, over seeds.
        numerator: Weights of a, one per group.
        denominator: Weights of b.
    """
    samples, above, below = [_vector(group) for group in groups], _vector(numerator), _vector(denominator)
    bottom = contrast(samples, below)
    ratio = contrast(samples, above).value / bottom.value if bottom.value else math.nan
    if bottom.p_value(0) >= 1 - LEVEL or abs(bottom.value) < 5 * bottom.stderr:
        return _unknown(ratio, bottom.count)
    error = contrast(samples, above - ratio * below)
    return replace(error, value=ratio, stderr=error.stderr / abs(bottom.value))


def crossing(x0: SupportsFloat, x1: SupportsFloat, group0: Numbers, group1: Numbers) -> Estimate:
    """Return where the line through the means of two groups crosses 0, on a logarithmic axis of x.

    Unknown if the two means do not differ clearly, as in `quotient`.

    Args:
        x0: Position of the first group, positive.
        x1: Position of the second.
        group0: Values of the first, over seeds.
        group1: Values of the second.
    """
    fraction, start = quotient((group0, group1), (1, 0), (1, -1)), math.log(float(x0))
    span = math.log(float(x1)) - start
    place = exponential(start + span * fraction.value)
    return replace(fraction, value=place, stderr=abs(span) * fraction.stderr, scale="log")


class Reversal(NamedTuple):
    """How far the means of groups turn back.

    Attributes:
        first: Number of the group that is above 0.
        second: Number of the later one that is below it.
        extent: The less sure of both distances from 0; below 0 if no two groups are so.
    """

    first: int
    second: int
    extent: Estimate


def reversal(groups: Sequence[Numbers]) -> Reversal:
    r"""Return how far the means of groups in a row turn back: above 0 in one group, and below 0 in a later one.

    Of two groups it is the less sure of m_a and -m_b, and of all pairs the surest. If it is above 0, any of the n
    groups may be the one that errs; if below, either of the two groups that truly turn back. So its standard error is
    multiplied by t(1 - 0.025/k) / t(0.975) (Bonferroni), k = n or 2: it is found above 0 in at most 2.5 % of repeats
    where no pair is so, and below 0 in at most 2.5 % where one is.

    Args:
        groups: Values of each group, over seeds; two groups or more.
    """
    means = [mean(group) for group in groups]
    negative = [replace(found, value=-found.value) for found in means]
    pairs = [
        Reversal(first, second, min(means[first], negative[second], key=_sureness))
        for first, second in combinations(range(len(means)), 2)
    ]
    surest = max(pairs, key=lambda pair: _sureness(pair.extent))
    tests = len(groups) if surest.extent.value > 0 else 2
    return surest._replace(extent=_widened(surest.extent, tests))


def _sureness(found: Estimate) -> tuple[float, float]:
    """Return what orders estimates from surely below 0 to surely above."""
    return math.copysign(1 - found.p_value(0), found.value), found.value


def _widened(found: Estimate, tests: int) -> Estimate:
    """Return an estimate whose 95 % interval is that of several tests together."""
    from scipy.special import stdtrit

    if not found.is_known:
        return found
    most = stdtrit(found.freedom, 1 - (1 - LEVEL) / (2 * tests)) / stdtrit(found.freedom, (1 + LEVEL) / 2)
    return replace(found, stderr=float(most) * found.stderr, approximate="covers 95 to 100 %")


def plane(
    x: NDArray[Any], y: Numbers, censored: Numbers | None = None, *, below: Numbers | None = None
) -> list[Estimate]:
    """Return the slopes of a plane through points along each of its axes, with errors from the residuals.

    Without censored points by least squares; with them by maximum likelihood of normal residuals (`tobit`), the
    variance scaled by n / (n - k) for k coefficients. The t law has as many degrees of freedom as there are certain
    points, minus k.

    Args:
        x: ``(points, axes)``.
        y: ``(points,)``.
        censored: Where y is only a lower bound.
        below: Where y is only an upper bound.

    Returns:
        One per axis; unknown if too few points are certain.
    """
    positions, values = np.asarray(x, float), _vector(y)
    design = np.column_stack([np.ones(len(positions)), positions])
    at_least, at_most = (
        np.zeros(len(values), int) if mask is None else np.fromiter(mask, int) for mask in (censored, below)
    )
    bounds = at_least - at_most
    fit = tobit(design, values, bounds)
    freedom, said = int((bounds == 0).sum()) - design.shape[1], "covers 93 to 99 %" if bounds.any() else ""
    return [
        Estimate(float(slope), float(error), max(freedom, 0), len(values), said)
        for slope, error in zip(fit.solution[1:], fit.stderr[1:], strict=True)
    ]


def cross_fitted(heights: Numbers) -> Estimate:
    r"""Return the mean of heights that are each measured on one seed, at a place chosen on all the others.

    Its expectation is 0 for flat noise, but the heights are correlated, since each seed takes part in the choices of
    all others: the plain t interval of 8 seeds covers 79 to 89 %. So the standard error of the mean of n is multiplied
    by sqrt(2 + n/8). For flat curves of 5 to 100 points the interval then covers 94 to 99 %, and 1 to 3 % are above 0;
    where a peak is so clear that all seeds agree, it covers up to 100 %.

    Args:
        heights: ``(seeds,)``.
    """
    found = mean(heights)
    return replace(found, stderr=found.stderr * math.sqrt(2 + found.count / 8), approximate="covers 94 to 100 %")


def holm(p_values: Numbers, level: float = LEVEL) -> list[bool]:
    """Return which of several tests are decided if all their errors together are to have probability 1 - level.

    The smallest p-value has to be below (1 - level)/m, the next below (1 - level)/(m - 1), and so on up to the first
    that is not.

    Args:
        p_values: One per test.
        level: Probability of no error.

    Source:
        Holm (1979).
    """
    values = _vector(p_values)
    decided = [False] * len(values)
    for rank, index in enumerate(np.argsort(values, kind="stable")):
        if not values[index] < (1 - level) / (len(values) - rank):
            break
        decided[index] = True
    return decided
