"""Straight lines through points."""

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import linregress, t

LEVEL = 0.95


class Line(NamedTuple):
    """Slope of a line, with its standard error and the ends of its 95 % interval, both from the residuals."""

    slope: float
    stderr: float
    low: float
    high: float


def fitted_line(x: Sequence[float], y: Sequence[float]) -> Line:
    """Fit a line by least squares.

    Args:
        x: At least three numbers, not all equal.
        y: As many.

    Returns:
        Its slope.

    Raises:
        ValueError: If there are fewer than three.
    """
    if len(x) < 3:
        raise ValueError(f"a line with an interval takes 3 points, not {len(x)}")
    fit = linregress(x, y)
    slope, stderr = float(fit.slope), float(fit.stderr)
    half = float(t.ppf((1 + LEVEL) / 2, len(x) - 2)) * stderr
    return Line(slope, stderr, slope - half, slope + half)
