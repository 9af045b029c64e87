"""How far independent chains agree, and how many independent samples they are worth."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Mixing(NamedTuple):
    """What chains say about each other.

    Attributes:
        r_hat: Root of the variance of all samples over that within chains; near 1 if the chains agree.
        effective: Number of independent samples with the same error of the mean, at most that of all samples.
    """

    r_hat: float
    effective: float


def mixing(values: NDArray[np.float64]) -> Mixing:
    r"""Return how well chains mix, from the spread of their means.

    With T samples per chain, B = T times the variance of the chains' means and W the mean variance within chains,
    R-hat^2 = ((T - 1) W/T + B/T)/W, and the number of effective samples is (all samples) (R-hat^2 W)/B.

    Args:
        values: ``(chains, samples)``, at least two of each.

    Source:
        Gelman and Rubin (1992); Gelman et al. (2013), equation 11.
    """
    chains, samples = values.shape
    between, within = samples * values.mean(1).var(ddof=1), values.var(axis=1, ddof=1).mean()
    if not between:
        return Mixing(1.0, float(values.size))
    pooled = (within * (samples - 1) + between) / samples
    ratio = pooled / within if within else np.inf
    return Mixing(float(np.sqrt(ratio)), float(min(chains * samples, chains * samples * pooled / between)))
