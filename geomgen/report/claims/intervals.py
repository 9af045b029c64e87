"""Intervals over seeds and widths, and the verdicts that follow from them."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.report.claims.claim import Verdict

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval.

    Attributes:
        value: The estimate.
        low: Lower end; NaN if the spread is unknown, as with one seed.
        high: Upper end.
        count: Number of seeds or points behind it.
    """

    value: float
    low: float
    high: float
    count: int

    @property
    def is_known(self) -> bool:
        """Whether it has ends."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def __str__(self) -> str:
        ends = f" [{significant(self.low)}, {significant(self.high)}]" if self.is_known else " (spread unknown)"
        return f"{significant(self.value)}{ends}"


def significant(value: float) -> str:
    """Return a number with three significant digits, and never fewer than it has before the point: ``2,934``."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def around(value: float, stderr: float, freedom: int, count: int) -> Interval:
    """Return the t interval of an estimate; without ends if there are no degrees of freedom."""
    if freedom < 1:
        return Interval(value, math.nan, math.nan, count)
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, freedom)) * stderr
    return Interval(value, value - half, value + half, count)


def mean_interval(values: Iterable[float]) -> Interval:
    """Return the mean over seeds with its t interval; NaN without seeds."""
    sample = np.asarray(list(values), float)
    if not len(sample):
        return Interval(math.nan, math.nan, math.nan, 0)
    stderr = float(sample.std(ddof=1)) / math.sqrt(len(sample)) if len(sample) > 1 else math.nan
    return around(float(sample.mean()), stderr, len(sample) - 1, len(sample))


def welch_interval(left: Sequence[float], right: Sequence[float]) -> Interval:
    """Return the difference of two means, left minus right, with Welch's interval."""
    a, b = np.asarray(left, float), np.asarray(right, float)
    count, difference = min(len(a), len(b)), float(a.mean() - b.mean())
    if count < 2:
        return Interval(difference, math.nan, math.nan, count)
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    if not parts.sum():
        return Interval(difference, difference, difference, count)
    freedom = parts.sum() ** 2 / (parts**2 / (np.array([len(a), len(b)]) - 1)).sum()
    return around(difference, math.sqrt(parts.sum()), int(freedom), count)


def slope_interval(x: Sequence[float], y: Sequence[float]) -> tuple[Interval, float]:
    """Return the slope of a line through points with its t interval from the residuals, and R^2."""
    from scipy.stats import linregress

    fit = linregress(np.asarray(x, float), np.asarray(y, float))
    return around(float(fit.slope), float(fit.stderr), len(x) - 2, len(x)), float(fit.rvalue**2)


def plane_intervals(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[Interval]:
    """Return the slopes of a plane through points along each of its axes, with t intervals from the residuals.

    Args:
        x: ``(points, axes)``, with more points than axes and 1, not all in a plane of fewer axes.
        y: ``(points,)``.
    """
    design = np.column_stack([np.ones(len(x)), x])
    solution, *_ = np.linalg.lstsq(design, y, rcond=None)
    freedom = len(y) - design.shape[1]
    variance = float(np.square(y - design @ solution).sum()) / freedom if freedom else math.nan
    stderrs = np.sqrt(variance * np.linalg.inv(design.T @ design).diagonal())
    return [
        around(float(slope), float(error), freedom, len(y))
        for slope, error in zip(solution[1:], stderrs[1:], strict=True)
    ]


def rank_correlation(x: pd.Series, y: pd.Series) -> float:
    """Return Spearman's rank correlation; NaN if one of the two is constant."""
    return float(x.astype(float).rank().corr(y.astype(float).rank()))


def at_width(values: pd.Series, width: int) -> Interval:
    """Return the mean over seeds at a width, with the spread over seeds pooled over all widths.

    The interval of a width with one seed assumes that it has the same spread as the others.

    Args:
        values: Indexed by width and seed.
        width: One of them.
    """
    spread, freedom = pooled_spread(values)
    here = values.xs(width, level="width")
    return around(float(here.mean()), spread / math.sqrt(len(here)), freedom, len(here))


def between_widths(values: pd.Series, first: int, second: int) -> Interval:
    """Return the mean at the second width minus that at the first, with the spread pooled as in `at_width`."""
    spread, freedom = pooled_spread(values)
    one, two = (values.xs(width, level="width") for width in (first, second))
    stderr = spread * math.sqrt(1 / len(one) + 1 / len(two))
    return around(float(two.mean() - one.mean()), stderr, freedom, min(len(one), len(two)))


def pooled_spread(values: pd.Series) -> tuple[float, int]:
    """Return the standard deviation over seeds pooled over widths, and its degrees of freedom.

    Args:
        values: Indexed by width and seed.

    Returns:
        NaN and 0 if no width has two seeds.
    """
    groups = values.groupby(level="width")
    freedom = int((groups.count() - 1).sum())
    squares = float(((values - groups.transform("mean")) ** 2).sum())
    return (math.sqrt(squares / freedom), freedom) if freedom else (math.nan, 0)


def above(found: Interval, limit: float = 0.0) -> Verdict:
    """Return whether a quantity is above a limit: decided only if its whole interval is on one side."""
    if not found.is_known or found.low <= limit <= found.high:
        return Verdict.UNDECIDED
    return Verdict.HOLDS if found.low > limit else Verdict.FAILS


def below(found: Interval, limit: float = 0.0) -> Verdict:
    """Return whether a quantity is below a limit: decided only if its whole interval is on one side."""
    opposite = {Verdict.HOLDS: Verdict.FAILS, Verdict.FAILS: Verdict.HOLDS}
    verdict = above(found, limit)
    return opposite.get(verdict, verdict)


def within(found: Interval, low: float, high: float) -> Verdict:
    """Return whether a quantity is inside limits: its whole interval inside, or none of it."""
    return all_of(above(found, low), below(found, high))


def all_of(*verdicts: Verdict) -> Verdict:
    """Return the verdict on all parts together: one that fails decides, otherwise one that is undecided."""
    for decisive in (Verdict.FAILS, Verdict.UNDECIDED):
        if decisive in verdicts:
            return decisive
    return Verdict.HOLDS


def apart(found: Interval, value: float = 0.0) -> Verdict:
    """Return whether a quantity differs from a value; that it equals the value can never be shown."""
    return Verdict.UNDECIDED if above(found, value) is Verdict.UNDECIDED else Verdict.HOLDS
