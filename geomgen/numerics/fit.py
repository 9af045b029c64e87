"""Straight lines through points."""

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import linregress, t

LEVEL = 0.95


class Line(NamedTuple):
    """Slope of a line and its value at 0, each with the ends of its 95 % interval, from the residuals.

    Attributes:
        slope: Its slope.
        stderr: Standard error of the slope.
        low: Lower end of the slope's interval.
        high: Upper end of it.
        intercept: Value at 0.
        intercept_low: Lower end of its interval.
        intercept_high: Upper end of it.
    """

    slope: float
    stderr: float
    low: float
    high: float
    intercept: float
    intercept_low: float
    intercept_high: float


def fitted_line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Fit a line by least squares.

    Args:
        x: At least three numbers, not all equal.
        y: As many.

    Returns:
        Slope and value at 0.

    Raises:
        ValueError: If there are fewer than three.
    """
    if len(x) < 3:
        raise ValueError(f"a line with an interval takes 3 points, not {len(x)}")
    fit = linregress(x, y)
    slope, intercept, stderr = float(fit.slope), float(fit.intercept), float(fit.stderr)
    quantile = float(t.ppf((1 + LEVEL) / 2, len(x) - 2))
    half, beside = quantile * stderr, quantile * float(fit.intercept_stderr)
    return Line(slope, stderr, slope - half, slope + half, intercept, intercept - beside, intercept + beside)
