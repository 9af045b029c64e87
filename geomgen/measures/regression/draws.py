"""Draws in batches, and statistics of many draws."""

import math
from collections.abc import Iterator

from jaxtyping import Float64
from torch import Tensor

NUMBERS_A_CHUNK = 2**21


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
