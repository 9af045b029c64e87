"""Straight lines through points."""

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import linregress

from geomgen.numerics.estimate import Estimate


class Line(NamedTuple):
    """Slope of a line and its value at 0, each with its standard error from the residuals."""

    slope: Estimate
    intercept: Estimate


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
    count = len(x)
    if count < 3:
        raise ValueError(f"a line with an interval takes 3 points, not {count}")
    fit = linregress(x, y)
    return Line(
        Estimate(float(fit.slope), float(fit.stderr), count - 2, count),
        Estimate(float(fit.intercept), float(fit.intercept_stderr), count - 2, count),
    )
