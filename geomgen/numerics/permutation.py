"""The slope of a line beside those of permuted points."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.fit import fitted_line

ROUNDING = 1e-9
"""By which permutations that are the data themselves may differ from them."""


class PermutedSlope(NamedTuple):
    """A slope, its 95 % interval, and what permutations say; None where there is no line.

    Attributes:
        slope: By least squares.
        low: Lower end of its interval, from the residuals.
        high: Upper end.
        null_low: 2.5 % quantile of the slopes of permuted points.
        null_high: 97.5 % quantile.
        p_value: Share of the permutations, the data among them, whose slope is as far from 0.
    """

    slope: float | None
    low: float | None
    high: float | None
    null_low: float | None
    null_high: float | None
    p_value: float | None


def permuted_slope(
    x: NDArray[np.float64], y: NDArray[np.float64], permutations: int, generator: np.random.Generator
) -> PermutedSlope:
    """Return the slope of y against x, and where it is among the slopes if x is permuted.

    Args:
        x: ``(points,)``, at least three, not all equal.
        y: ``(points,)``.
        permutations: How many; with the data, one more.
        generator: Source of randomness.
    """
    slope, _ = fitted_line(x.tolist(), y.tolist())
    centred, heights = x - x.mean(), y - y.mean()
    slopes = np.array([generator.permutation(centred) @ heights for _ in range(permutations)]) / (centred @ centred)
    low, high = np.quantile(slopes, [0.025, 0.975])
    as_far = int((np.abs(slopes) >= abs(slope.value) * (1 - ROUNDING)).sum())
    return PermutedSlope(slope.value, slope.low, slope.high, float(low), float(high), (1 + as_far) / (1 + permutations))
