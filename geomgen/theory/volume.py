"""Closed forms of volumes in parameter space, in logarithms."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import gammaincc, gammaln, logsumexp, ndtr, ndtri

SERIES_WIDTH = 12
"""Standard deviations of the Poisson law that the series of a ball's mass covers on each side of its largest term."""


def log_unit_ball(dim: int) -> float:
    """Return ln V_D = (D/2) ln pi - ln Gamma(D/2 + 1), the volume of the unit ball in D dimensions, in nats."""
    return dim / 2 * math.log(math.pi) - math.lgamma(dim / 2 + 1)


def ellipsoid_log_volume(eigenvalues: Sequence[float], tolerance: float) -> float:
    """Return the logarithm of the volume of {1/2 t^T H t <= eps}: ln V_D + 1/2 sum ln(2 eps / h_i), in nats.

    Args:
        eigenvalues: h, above 0.
        tolerance: eps.
    """
    return log_unit_ball(len(eigenvalues)) + sum(math.log(2 * tolerance / value) for value in eigenvalues) / 2


class LogVolume(NamedTuple):
    """The logarithm of a volume, in nats, and its slope d ln V / d ln eps."""

    value: float
    slope: float


def quadratic_log_volume(eigenvalues: Sequence[float], tolerance: float) -> LogVolume:
    """Return `ellipsoid_log_volume` and its slope D/2."""
    return LogVolume(ellipsoid_log_volume(eigenvalues, tolerance), len(eigenvalues) / 2)


def homogeneous_log_volume(degree: int, dimension: int, tolerance: float) -> LogVolume:
    r"""Return ln V of {sum_i w_i^p <= eps}, V = (2 Gamma(1 + 1/p))^d eps^(d/p) / Gamma(1 + d/p).

    Args:
        degree: p, even.
        dimension: d.
        tolerance: eps.

    Source:
        Dirichlet (1839), Sur une nouvelle methode pour la determination des integrales multiples.
    """
    slope = dimension / degree
    value = dimension * (math.log(2) + math.lgamma(1 + 1 / degree)) - math.lgamma(1 + slope)
    return LogVolume(value + slope * math.log(tolerance), slope)


def normal_crossing_log_volume(degree: int, dimension: int, tolerance: float) -> LogVolume:
    r"""Return ln V of {prod_i w_i^p <= eps} in [-1, 1]^d, V = 2^d Q(d, s) with s = ln(1/eps)/p.

    -ln |w_i| is exponential, so that their sum is of the gamma law of shape d, whose upper tail is Q.

    Args:
        degree: p, even.
        dimension: d.
        tolerance: eps.
    """
    depth = -math.log(tolerance) / degree
    if depth <= 0:
        return LogVolume(dimension * math.log(2), 0.0)
    log_tail = math.log(gammaincc(dimension, depth))
    log_density = (dimension - 1) * math.log(depth) - depth - math.lgamma(dimension)
    return LogVolume(dimension * math.log(2) + log_tail, math.exp(log_density - log_tail) / degree)


def isotropic_log_mass(dim: int, curvature: float, std: float, tolerance: float) -> LogVolume:
    r"""Return the log mass of {h |w|^2 / 2 <= eps} under N(0, s^2 I): ln P(D/2, x) with x = eps / (h s^2).

    Args:
        dim: D.
        curvature: h.
        std: s.
        tolerance: eps.
    """
    value = ball_log_mass(dim, math.sqrt(2 * tolerance / curvature), 0.0, std)
    x = tolerance / (curvature * std**2)
    return LogVolume(value, math.exp(dim / 2 * math.log(x) - x - math.lgamma(dim / 2) - value))


def log_volume_ratio(eigenvalues: Sequence[float], others: Sequence[float]) -> float:
    """Return the logarithm of the ratio of two ellipsoids' volumes, sum ln sqrt(h'_i / h_i), at any tolerance."""
    return sum(math.log(other / own) for own, other in zip(eigenvalues, others, strict=True)) / 2


def log_normal_top_share(std: float, fraction: float) -> float:
    """Return the share of the total that the largest of log-normal sizes have: Phi(s - Phi^-1(1 - f)).

    Args:
        std: s, the standard deviation of the logarithm.
        fraction: f, how many count as the largest.
    """
    return float(ndtr(std - ndtri(1 - fraction)))


def ball_log_mass(dim: int, radius: float, distance: float, std: float = 1.0) -> float:
    r"""Return the logarithm of the mass of a ball under N(0, s^2 I), in nats.

    |z|^2/s^2 from the ball's centre is noncentral chi-squared: a Poisson mixture, of mean |c|^2/(2 s^2), of central
    ones with D + 2 j degrees of freedom. Each of those lower tails is summed by its own series, so that nothing
    underflows.

    Args:
        dim: D.
        radius: Of the ball.
        distance: |c|, of its centre from the origin.
        std: s.
    """
    half_square, mean = (radius / std) ** 2 / 2, (distance / std) ** 2 / 2
    count = 1 if not mean else int(mean + SERIES_WIDTH * math.sqrt(mean + dim) + 50)
    terms = np.arange(count)
    log_poisson = terms * math.log(mean) - mean - gammaln(terms + 1) if mean else np.zeros(1)
    return float(logsumexp(log_poisson + [_log_lower_gamma(dim / 2 + term, half_square) for term in terms]))


def _log_lower_gamma(shape: float, x: float) -> float:
    """Return ln P(shape, x) = ln sum_k x^(shape + k) e^-x / Gamma(shape + k + 1)."""
    count = int(max(0.0, x - shape) + 12 * math.sqrt(x + 1) + 60)
    steps = np.arange(count)
    return float(logsumexp((shape + steps) * math.log(x) - x - gammaln(shape + steps + 1)))
