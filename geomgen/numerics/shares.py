"""How unequal sizes are that are known by their logarithms."""

import math

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray


def top_share(logs: Float64[NDArray[np.float64], " n"], fraction: float) -> float:
    """Return the share of the sum of exp(l_i) that the largest have.

    Args:
        logs: l, n >= 1.
        fraction: How many of n count as the largest, rounded up.
    """
    sizes = np.sort(np.exp(logs - logs.max()))
    return float(sizes[-math.ceil(fraction * len(sizes)) :].sum() / sizes.sum())
