"""Orthant probabilities of Gaussian vectors by expectation propagation: fast, and with an unknown bias."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.special import log_ndtr

from geomgen.numerics.orthant import UnresolvedError

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
MOST_SWEEPS, DAMPING, TOLERANCE, SMALLEST_PRECISION = 500, 0.7, 1e-6, 1e-10


class _Sites(NamedTuple):
    """The Gaussian factor that stands for each variable's sign: its precision and its precision times mean."""

    precision: Vector
    shift: Vector


class _Law(NamedTuple):
    """The Gaussian that approximates the truncated one: mean, variances, and ln of its integral over the prior's."""

    mean: Vector
    variance: Vector
    log_mass: float


def log_orthant_by_propagation(covariance: Matrix, signs: NDArray[np.bool_]) -> float:
    r"""Approximate ln P(x_i > 0 where the sign is true, x_i < 0 elsewhere) of x ~ N(0, K).

    The indicator of each sign is replaced by a Gaussian factor that gives the same first two moments beside all others;
    all are updated together, damped, until ln P changes by less than 1e-6.

    Args:
        covariance: K, ``(m, m)`` float64; of any rank.
        signs: ``(m,)``.

    Returns:
        In nats. It is exact for m = 1 and for independent variables.

    Raises:
        UnresolvedError: If it does not converge.

    Source:
        Minka (2001); Cunningham, Hennig and Lacoste-Julien (2011).
    """
    turned = np.where(signs, 1.0, -1.0)
    scale = turned / np.sqrt(np.diag(covariance))
    kernel = covariance * np.outer(scale, scale)
    sites, before = _Sites(*np.zeros((2, len(kernel)))), math.nan
    for _ in range(MOST_SWEEPS):
        law = _law(kernel, sites)
        sites, found = _updated(sites, law)
        if abs(found - before) < TOLERANCE:
            return found
        before = found
    raise UnresolvedError(f"expectation propagation of {len(kernel)} signs did not converge in {MOST_SWEEPS} sweeps")


def _law(kernel: Matrix, sites: _Sites) -> _Law:
    """Return N(0, K) times all factors; B = 1 + S^1/2 K S^1/2 is never singular."""
    root = np.sqrt(sites.precision)
    factor = cho_factor(np.eye(len(kernel)) + kernel * np.outer(root, root), lower=True)
    half = solve_triangular(factor[0], root[:, None] * kernel, lower=True)
    spread = kernel @ sites.shift
    mean = spread - kernel @ (root * cho_solve(factor, root * spread))
    variance = np.diag(kernel) - (half**2).sum(0)
    log_mass = float(sites.shift @ mean) / 2 - float(np.log(np.diag(factor[0])).sum())
    return _Law(mean, variance, log_mass)


def _updated(sites: _Sites, law: _Law) -> tuple[_Sites, float]:
    """Return factors nearer to those that give the right moments, and ln P of the present ones."""
    precision, shift = 1 / law.variance, law.mean / law.variance
    outside = _Sites(precision - sites.precision, shift - sites.shift)
    z = outside.shift / np.sqrt(outside.precision)
    log_hits = log_ndtr(z)
    hazard = np.exp(-(z**2) / 2 - log_hits) / math.sqrt(2 * math.pi)
    mean = (z + hazard) / np.sqrt(outside.precision)
    inverse_variance = outside.precision / np.maximum(1 - hazard * (z + hazard), SMALLEST_PRECISION)
    wanted = _Sites(
        np.maximum(inverse_variance - outside.precision, SMALLEST_PRECISION), mean * inverse_variance - outside.shift
    )
    corrections = _log_integral(outside) - _log_integral(_Sites(precision, shift))
    nearer = _Sites(*((1 - DAMPING) * old + DAMPING * new for old, new in zip(sites, wanted, strict=True)))
    return nearer, float((log_hits + corrections).sum()) + law.log_mass


def _log_integral(factor: _Sites) -> Vector:
    """Return ln of the integral of exp(-precision x^2/2 + shift x), less ln(2 pi)/2."""
    return np.asarray(factor.shift**2 / (2 * factor.precision) - np.log(factor.precision) / 2)
