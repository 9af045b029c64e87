"""Linear regression where some values are only known to be at least, or at most, what was observed."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
MOST_STEPS = 100
CONVERGED = 1e-10
"""Largest squared distance to the maximum, in standard errors."""
SHORTEST = 1e-9
ROUNDING = 1e-24


class Tobit(NamedTuple):
    """Coefficients with their standard errors, both NaN if the certain points do not determine them."""

    solution: Vector
    stderr: Vector


def tobit(design: NDArray[np.float64], y: Vector, bounds: NDArray[np.int64]) -> Tobit:
    r"""Fit a linear model with normal residuals by maximum likelihood.

    With theta = 1/sigma and delta = beta/sigma, the log-likelihood

    sum_certain [ln theta - u_i^2 / 2] + sum_bounds ln Phi(-s_i u_i),  u = theta y - X delta,

    is concave, so Newton's method with halved steps finds its maximum. Standard errors are from the observed
    information, times sqrt(n / (n - k)). Without bounds, all this equals ordinary least squares.

    Args:
        design: X: ``(n, k)``.
        y: ``(n,)``.
        bounds: s: ``(n,)``; 0 where y is certain, 1 where it is a lower bound and -1 where it is an upper one.

    Returns:
        Coefficients, and standard errors that are NaN if no residual is left to judge by.

    Source:
        Tobin (1958); Olsen (1978).
    """
    count, width = design.shape
    certain = bounds == 0
    if certain.sum() < width or np.linalg.matrix_rank(design[certain]) < width:
        return Tobit(np.full(width, math.nan), np.full(width, math.nan))
    solution, *_ = np.linalg.lstsq(design[certain], y[certain], rcond=None)
    freedom = int(certain.sum()) - width
    variance = float(np.square(y - design @ solution)[certain].sum()) / freedom if freedom else math.nan
    if not certain.all() and not variance > ROUNDING * float(np.square(y).max()):
        return Tobit(solution, np.full(width, math.nan))
    if certain.all():
        inverse = np.linalg.inv(design[certain].T @ design[certain])
        return Tobit(solution, np.sqrt(variance * inverse.diagonal()))
    start = np.append(solution, 1.0) / math.sqrt(variance)
    found, covariance = _maximum(np.column_stack([-design, y]), bounds, start)
    jacobian = np.column_stack([np.eye(width), -found[:-1] / found[-1]]) / found[-1]
    variances = (jacobian @ covariance @ jacobian.T).diagonal() * count / (count - width)
    return Tobit(found[:-1] / found[-1], np.sqrt(variances))


def _maximum(z: NDArray[np.float64], bounds: NDArray[np.int64], start: Vector) -> tuple[Vector, NDArray[np.float64]]:
    """Return the maximum by damped Newton steps, and the inverse of the information there; NaN if it is not reached."""
    point, value = start, _log_likelihood(z, bounds, start)
    for _ in range(MOST_STEPS):
        gradient, information = _derivatives(z, bounds, point)
        step = np.linalg.solve(information, gradient)
        if gradient @ step < CONVERGED:
            return point, np.asarray(np.linalg.inv(information), np.float64)
        size = 1.0
        while size > SHORTEST and not _log_likelihood(z, bounds, point + size * step) > value:
            size /= 2
        point = point + size * step
        value = _log_likelihood(z, bounds, point)
    return np.full(len(start), math.nan), np.full((len(start),) * 2, math.nan)


def _log_likelihood(z: NDArray[np.float64], bounds: NDArray[np.int64], point: Vector) -> float:
    from scipy.special import log_ndtr

    if point[-1] <= 0:
        return -math.inf
    u, certain = z @ point, bounds == 0
    at_bounds = log_ndtr(-(bounds * u)[~certain]).sum()
    return float(certain.sum() * math.log(point[-1]) - np.square(u[certain]).sum() / 2 + at_bounds)


def _derivatives(
    z: NDArray[np.float64], bounds: NDArray[np.int64], point: Vector
) -> tuple[Vector, NDArray[np.float64]]:
    """Return the gradient of the log-likelihood, and minus its Hessian."""
    from scipy.special import log_ndtr

    u, certain = z @ point, bounds == 0
    v = -bounds * u
    hazard = np.exp(-(v**2) / 2 - math.log(2 * math.pi) / 2 - log_ndtr(v))
    slopes = np.where(certain, -u, -bounds * hazard)
    weights = np.where(certain, 1.0, hazard * (v + hazard))
    gradient, information = z.T @ slopes, (z * weights[:, None]).T @ z
    gradient[-1] += certain.sum() / point[-1]
    information[-1, -1] += certain.sum() / point[-1] ** 2
    return gradient, information
