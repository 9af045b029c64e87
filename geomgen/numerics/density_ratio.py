"""How the ratio of two densities depends on a number, from samples of both."""

import math

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.estimate import Estimate

MOST_STEPS, SOLVED, SATURATED = 100, 1e-10, 30.0


def log_ratio_slope(above: NDArray[np.float64], below: NDArray[np.float64]) -> Estimate | None:
    """Return b if the log ratio of the densities of two samples is a + b x; None if the samples do not overlap.

    By logistic regression of which sample a point is of, which is the maximum likelihood of b.

    Args:
        above: x of the points whose density is the numerator.
        below: Likewise, the denominator.

    Source:
        Qin (1998), Inferences for case-control and semiparametric two-sample density ratio models.
    """
    x = np.concatenate([above, below])
    is_above = np.arange(len(x)) < len(above)
    scale = float(x.std())
    if not scale:
        return None
    design = np.stack([np.ones_like(x), (x - x.mean()) / scale], 1)
    point = np.array([math.log(len(above) / len(below)), 0.0])
    for _ in range(MOST_STEPS):
        share = 1 / (1 + np.exp(-design @ point))
        information = design.T @ (design * (share * (1 - share))[:, None])
        step = np.linalg.solve(information, design.T @ (is_above - share))
        point = point + step
        if abs(point[1]) > SATURATED:
            return None
        if np.abs(step).max() < SOLVED:
            stderr = math.sqrt(np.linalg.inv(information)[1, 1])
            return Estimate(float(point[1]) / scale, stderr / scale, math.inf, min(len(above), len(below)))
    return None
