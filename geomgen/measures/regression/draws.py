"""Draws in batches, and statistics of many draws."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from jaxtyping import Float64
from scipy import stats
from torch import Tensor

from geomgen.numerics.estimate import LEVEL

NUMBERS_A_CHUNK = 2**21


class Drawn(NamedTuple):
    """What R draws of a quantity tell about its distribution.

    Attributes:
        mean: Of the draws.
        stderr: Standard error of the mean; None if the variance is infinite.
        stderr_note: Why there is none; None if there is one.
        median: Of the draws.
        median_stderr: Standard error of the median, from order statistics.
        median_low: Lower end of the median's 95 % interval, an order statistic; None if there are fewer than 6 draws.
        median_high: Upper end.
    """

    mean: float
    stderr: float | None
    stderr_note: str | None
    median: float
    median_stderr: float
    median_low: float | None
    median_high: float | None


def drawn(values: Float64[Tensor, " R"], tail: float = math.inf) -> Drawn:
    """Return the statistics of R >= 2 draws.

    Args:
        values: The draws.
        tail: Exponent a with which the probability of a value above t falls, as t^-a: no moment of order a or more
            is finite.
    """
    mean, stderr = mean_and_stderr(values)
    note = None if tail > 2 else _infinite("variance" if tail > 1 else "mean", tail)
    return Drawn(mean, stderr if note is None else None, note, *median_and_stderr(values), *median_interval(values))


def _infinite(moment: str, tail: float) -> str:
    return f"Its {moment} is infinite: values above t are as frequent as t^-{tail:.4g}. See the median."


def chunks(total: int, numbers_each: int) -> Iterator[int]:
    """Yield how many draws to make at once until all are made; the batches depend only on the sizes.

    Args:
        total: Draws in all.
        numbers_each: Numbers in one draw.
    """
    size = max(1, NUMBERS_A_CHUNK // max(1, numbers_each))
    for first in range(0, total, size):
        yield min(size, total - first)


def mean_and_stderr(values: Float64[Tensor, " R"]) -> tuple[float, float]:
    """Return the mean of R >= 2 draws, and its standard error."""
    return float(values.mean()), float(values.std()) / math.sqrt(len(values))


def median_and_stderr(values: Float64[Tensor, " R"]) -> tuple[float, float]:
    """Return the median of R draws and its standard error.

    The count below the true median has the standard deviation sqrt(R)/2, so the order statistics this far on either
    side of the middle are two standard errors apart.
    """
    ordered, count = values.sort().values, len(values)
    reach = math.sqrt(count) / 2
    low, high = max(0, math.floor(count / 2 - reach)), min(count - 1, math.ceil(count / 2 + reach))
    return float(ordered.quantile(0.5)), float(ordered[high] - ordered[low]) / 2


def median_interval(values: Float64[Tensor, " R"]) -> tuple[float | None, float | None]:
    """Return the narrowest pair of order statistics, as far from either end, that covers the median in at least 95 %.

    The j-th smallest and j-th largest of R draws cover the median of any continuous distribution, finite variance or
    not, with probability 1 - 2 P(B < j), B ~ binomial(R, 1/2).

    Returns:
        None where even smallest and largest cover it less often, which they do up to R = 5.
    """
    ordered, count = values.sort().values, len(values)
    beyond = int(stats.binom.ppf((1 - LEVEL) / 2, count, 0.5))
    if stats.binom.cdf(beyond, count, 0.5) > (1 - LEVEL) / 2:
        beyond -= 1
    return (float(ordered[beyond]), float(ordered[count - 1 - beyond])) if beyond >= 0 else (None, None)
