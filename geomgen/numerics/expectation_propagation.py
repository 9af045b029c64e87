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
MOST_SWEEPS, DAMPING, SMALLEST_PRECISION = 500, 0.7, 1e-10
TOLERANCE, MEAN_TOLERANCE = 1e-6, 1e-4
"""Changes of ln P, and of means in standard deviations, below which it has converged: either can settle first."""


class _Sites(NamedTuple):
    """The Gaussian factor that stands for each variable's sign: its precision and its precision times mean."""

    precision: Vector
    shift: Vector


class _Law(NamedTuple):
    """The Gaussian that approximates the truncated one: mean, variances, and ln of its integral over the prior's."""

    mean: Vector
    variance: Vector
    log_mass: float


class PropagatedSample(NamedTuple):
    """What expectation propagation says of an orthant.

    Attributes:
        log_mass: Logarithm of its probability, in nats.
        values: ``(points, m)``: draws of the Gaussian that stands for the law given the orthant. A few of their signs
            are others.
    """

    log_mass: float
    values: Matrix


def log_orthant_by_propagation(covariance: Matrix, signs: NDArray[np.bool_]) -> float:
    r"""Approximate ln P(x_i > 0 where the sign is true, x_i < 0 elsewhere) of x ~ N(0, K).

    The indicator of each sign is replaced by a Gaussian factor that gives the same first two moments beside all others;
    all are updated together, damped, until ln P changes by less than 1e-6 and means by 1e-4 of a standard deviation.

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
    return _propagated(_turned(covariance, _scale(covariance, signs)))[1]


def propagated_sample(
    covariance: Matrix, signs: NDArray[np.bool_], points: int, generator: np.random.Generator
) -> PropagatedSample:
    r"""Return ln P as `log_orthant_by_propagation`, and draws of x ~ N(0, K) given the signs, as it approximates them.

    A draw x_0 of N(0, K) becomes x_0 + K S^1/2 B^-1 (S^-1/2 (v - S x_0) - z), with z standard normal, S and v the
    factors' precisions and precisions times means, and B = 1 + S^1/2 K S^1/2.

    Args:
        covariance: K, ``(m, m)`` float64; positive definite.
        signs: ``(m,)``.
        points: Number of draws.
        generator: Source of randomness.

    Raises:
        UnresolvedError: If it does not converge.

    Source:
        Minka (2001); Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 3.6.
    """
    scale = _scale(covariance, signs)
    kernel = _turned(covariance, scale)
    sites, log_mass = _propagated(kernel)
    root = np.sqrt(sites.precision)
    before = np.linalg.cholesky(kernel) @ generator.standard_normal((len(kernel), points))
    pull = (sites.shift / root)[:, None] - root[:, None] * before - generator.standard_normal(before.shape)
    factor = cho_factor(np.eye(len(kernel)) + kernel * np.outer(root, root), lower=True)
    drawn = before + kernel @ (root[:, None] * cho_solve(factor, pull))
    return PropagatedSample(log_mass, (drawn / scale[:, None]).T)


def _scale(covariance: Matrix, signs: NDArray[np.bool_]) -> Vector:
    """Return what turns variables to unit variance and wanted signs to pluses."""
    return np.asarray(np.where(signs, 1.0, -1.0) / np.sqrt(np.diag(covariance)))


def _turned(covariance: Matrix, scale: Vector) -> Matrix:
    return np.asarray(covariance * np.outer(scale, scale))


def _propagated(kernel: Matrix) -> tuple[_Sites, float]:
    """Return the factors that stand for pluses, and ln P."""
    sites, before, means = _Sites(*np.zeros((2, len(kernel)))), math.nan, np.full(len(kernel), math.inf)
    for _ in range(MOST_SWEEPS):
        law = _law(kernel, sites)
        sites, found = _updated(sites, law)
        if abs(found - before) < TOLERANCE and abs(law.mean - means).max() < MEAN_TOLERANCE:
            return sites, found
        before, means = found, law.mean
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
