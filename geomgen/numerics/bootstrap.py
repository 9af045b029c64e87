"""Intervals of a statistic of one sample from its resamples."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import SupportsFloat

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.estimate import LEVEL, Estimate

FEWEST_RESAMPLED = 5
BOOTSTRAP_COVERAGE = (
    (8, "covers 65 to 95 %"),
    (20, "covers 77 to 94 %"),
    (50, "covers 88 to 94 %"),
    (100, "covers 92 to 96 %"),
)
"""How often BCa intervals of means and medians (most) and of standard deviations (least) cover below a sample size."""


@dataclass(frozen=True)
class Bootstrapped(Estimate):
    """A statistic of one sample with its bias-corrected and accelerated (BCa) bootstrap interval.

    Attributes:
        resampled: The statistic of each resample, sorted.
        bias: Normal quantile of the fraction of resamples below the value.
        acceleration: From the jackknife.
    """

    resampled: tuple[float, ...] = ()
    bias: float = 0.0
    acceleration: float = 0.0

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return both ends of the interval; NaN if unknown.

        Args:
            level: How often such intervals cover the truth in large samples.
        """
        from scipy.special import ndtr, ndtri

        if not self.is_known or not self.stderr:
            return super().interval(level)
        shifted = self.bias + ndtri(np.array([1 - level, 1 + level]) / 2)
        tails = ndtr(self.bias + shifted / (1 - self.acceleration * shifted))
        low, high = np.quantile(self.resampled, tails)
        return float(low), float(high)

    def p_value(self, limit: float) -> float:
        """Return the two-sided p-value of a limit: the level at which an end of the interval reaches it, from 1."""
        from scipy.special import ndtr, ndtri

        if not self.is_known or not self.stderr:
            return super().p_value(limit)
        below = np.interp(limit, self.resampled, np.linspace(0, 1, len(self.resampled)))
        shifted = float(ndtri(below)) - self.bias
        if math.isinf(shifted):
            return 0.0
        quantile = shifted / max(1 + self.acceleration * shifted, 1e-9) - self.bias
        return float(2 * ndtr(-abs(quantile)))


def bootstrap(
    sample: Iterable[SupportsFloat],
    statistic: Callable[[NDArray[np.float64]], float],
    generator: np.random.Generator,
    resamples: int = 2000,
) -> Bootstrapped:
    """Return a statistic of one sample with its BCa bootstrap interval; unknown for fewer than five values.

    Args:
        sample: ``(n,)``, independent values.
        statistic: Maps ``(n,)`` to a number.
        generator: Source of randomness.
        resamples: Number of samples drawn with replacement.

    Source:
        Efron (1987).
    """
    from scipy.special import ndtri

    values = np.fromiter(sample, float)
    count, value = len(values), float(statistic(values))
    if count < FEWEST_RESAMPLED:
        return Bootstrapped(value, math.nan, 0, count)
    indices = generator.integers(count, size=(resamples, count))
    drawn = np.sort([float(statistic(row)) for row in values[indices]])
    below = float((drawn < value).mean() + (drawn <= value).mean()) / 2
    if not 0 < below < 1:
        return Bootstrapped(value, math.nan, 0, count)
    pull = -np.array([float(statistic(np.delete(values, index))) for index in range(count)])
    pull -= pull.mean()
    squares = float(pull @ pull)
    acceleration = float((pull**3).sum()) / (6 * squares**1.5) if squares else 0.0
    said = next((said for limit, said in BOOTSTRAP_COVERAGE if count < limit), "")
    stderr, bias = float(drawn.std(ddof=1)), float(ndtri(below))
    return Bootstrapped(value, stderr, math.inf, count, said, "linear", tuple(drawn), bias, acceleration)
