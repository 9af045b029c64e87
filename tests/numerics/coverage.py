"""How often intervals cover the truth, and how often they say that they do."""

import re

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from geomgen.numerics.estimate import Estimate

Array = NDArray[np.float64]
REPEATS = 20_000


def says(found: Estimate) -> tuple[float, float]:
    """Return the range of coverage that an estimate states."""
    low, high = re.fullmatch(r"covers (\d+) to (\d+) %", found.approximate or "covers 93 to 97 %").groups()  # type: ignore[union-attr]
    return int(low) / 100, int(high) / 100


def is_within(covered: float, *ranges: tuple[float, float]) -> bool:
    return min(low for low, _ in ranges) <= covered <= max(high for _, high in ranges)


def covers(value: Array, stderr: Array, freedom: Array | float, truth: float = 0.0) -> NDArray[np.bool_]:
    """Return in which repeats the 95 % interval contains the truth."""
    return np.asarray(np.abs(value - truth) <= stdtrit(freedom, 0.975) * stderr)
