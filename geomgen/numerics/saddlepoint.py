r"""Lower tails of a law from its cumulant function K(t) = ln E exp(t X), in logarithms, however small they are."""

import math
from collections.abc import Callable
from typing import NamedTuple

from jaxtyping import Float64
from scipy.optimize import brentq
from scipy.special import erfcx
from torch import Tensor

NEAR_MEAN = 1e-4
"""Below this |w| the two terms of Lugannani and Rice cancel, and their limit is used."""
LARGEST_LOG_TILT = 600.0
DEEPEST = 36.0
"""-ln(1 - h t) of the largest eigenvalue beyond which 1 - h t is 0 in rounding."""


class LogMass(NamedTuple):
    """The logarithm of P(X <= x), and of the density times x over P, which is d ln P / d ln x."""

    value: float
    log_derivative: float


def lugannani_rice(exponent: float, tilt: float, variance: float, skew: float) -> float:
    r"""Return ln P(X <= x) from K at the saddlepoint t, K'(t) = x.

    P = Phi(w) + phi(w) (1/w - 1/u) with w = sign(t) sqrt(2 (t x - K(t))) and u = t sqrt(K''(t)).

    Args:
        exponent: t x - K(t), at least 0.
        tilt: t.
        variance: K''(t).
        skew: K'''(t) / K''(t)^(3/2); only used next to the mean, t = 0.

    Source:
        Lugannani and Rice (1980), Saddle Point Approximation for the Distribution of the Sum of Independent Variables.
    """
    w = math.copysign(math.sqrt(2 * max(exponent, 0.0)), tilt)
    if abs(w) < NEAR_MEAN:
        return math.log(0.5 + skew / (6 * math.sqrt(2 * math.pi)))
    u = tilt * math.sqrt(variance)
    log_normal = -w * w / 2 - math.log(2 * math.pi) / 2
    if w > 0:
        return math.log1p(-math.exp(log_normal) * (math.sqrt(math.pi / 2) * erfcx(w / math.sqrt(2)) - 1 / w + 1 / u))
    return log_normal + math.log(math.sqrt(math.pi / 2) * erfcx(-w / math.sqrt(2)) + 1 / w - 1 / u)


def log_mass_of_quadratic(eigenvalues: Float64[Tensor, " r"], centres: Float64[Tensor, " r"], limit: float) -> LogMass:
    r"""Return ln P(1/2 sum_i h_i (z_i - m_i)^2 <= limit) for standard normal z, by the saddlepoint approximation.

    K(t) = sum_i [-ln(1 - h_i t)/2 + m_i^2 h_i t / (2 (1 - h_i t))]. Eigenvalues of 0 play no part, so that none needs
    a floor. With r equal eigenvalues the relative error of P is at most that of Stirling's formula for Gamma(r/2 + 1):
    17 % with one, 8 % with two.

    Args:
        eigenvalues: h, at least 0.
        centres: m.
        limit: Above 0.
    """
    bends = eigenvalues > 0
    h, m = eigenvalues[bends], centres[bends]
    if not len(h) or limit >= float(h.max()) / 2 * math.exp(DEEPEST):
        return LogMass(0.0, 0.0)
    tilt = tilt_of_quadratic(h, m, limit)
    rest = 1 - h * tilt
    cumulant = float((-rest.log() / 2 + m.square() * h * tilt / (2 * rest)).sum())
    variance = float(((h / rest).square() * (0.5 + m.square() / rest)).sum())
    third = float(((h / rest).pow(3) * (1 + 3 * m.square() / rest)).sum())
    exponent = tilt * limit - cumulant
    value = lugannani_rice(exponent, tilt, variance, third / variance**1.5)
    log_density = -exponent - math.log(2 * math.pi * variance) / 2
    return LogMass(value, math.exp(math.log(limit) + log_density - value))


def tilt_of_quadratic(h: Float64[Tensor, " r"], m: Float64[Tensor, " r"], limit: float) -> float:
    """Return t at which the mean of 1/2 sum_i h_i (z_i - m_i)^2, under the density times exp(t X), is a limit.

    Args:
        h: Eigenvalues, above 0, at least one.
        m: Centres.
        limit: Above 0.
    """

    def excess(tilt: float) -> float:
        rest = 1 - h * tilt
        return float((h / rest * (0.5 + m.square() / (2 * rest))).sum()) - limit

    if excess(0.0) == 0:
        return 0.0
    largest = float(h.max())
    if excess(0.0) > 0:
        return -_root(lambda log_tilt: excess(-math.exp(log_tilt)), -math.log(largest) - 40)
    return -math.expm1(-_positive_root(lambda depth: excess(-math.expm1(-depth) / largest))) / largest


def _root(function: Callable[[float], float], start: float) -> float:
    """Return exp of the root of a falling function that is positive far below the start."""
    low = start
    while function(low) < 0:
        low -= 40
    return math.exp(brentq(function, low, LARGEST_LOG_TILT, xtol=1e-13, rtol=1e-15))


def _positive_root(function: Callable[[float], float]) -> float:
    """Return the root of a function that rises from below 0 at 0 to infinity."""
    return float(brentq(function, 0.0, DEEPEST, xtol=1e-14))
