r"""Similarity of independent Gaussian vectors, in closed form.

Rows x, y ~ N(m, diag(s_k^2)), independent. With M = |m|^2, S = sum s_k^2, T = sum s_k^4, Q = sum m_k^2 s_k^2 and
R = M + S.
"""

import math
from typing import NamedTuple

from jaxtyping import Float64
from scipy.special import gammaln
from torch import Tensor


class Expected(NamedTuple):
    """Mean and standard deviation of a similarity over independent pairs."""

    mean: float
    std: float


def gaussian_similarity(metric: str, mean: Float64[Tensor, " p"], variance: Float64[Tensor, " p"]) -> Expected | None:
    """Return the expected value of a metric between rows whose units are independent Gaussian numbers.

    Args:
        metric: ``cosine``, ``centred-cosine`` (of rows minus their mean) or ``l2``.
        mean: Mean of each unit.
        variance: Variance of each unit.

    Returns:
        Mean and standard deviation; None where no unit varies.
    """
    if float(variance.sum()) == 0:
        return None
    if metric == "l2":
        return gaussian_distance(variance)
    return gaussian_cosine(mean if metric == "cosine" else mean.new_zeros(len(mean)), variance)


def gaussian_cosine(mean: Float64[Tensor, " p"], variance: Float64[Tensor, " p"]) -> Expected:
    r"""Return mean and standard deviation of x.y / (|x| |y|).

    By the delta method about x.y = M, |x|^2 = |y|^2 = R, with c = M/R: the mean to second order,
    c + (c (3T/2 + 3Q) - 2Q) / R^2, and the variance to first, (T + 2Q - 4Qc + c^2 (T + 2Q)) / R^2. Relative errors are
    of the order of R^-2 T, that is 1/p if all units are alike; for m = 0 and equal variances both are exact: 0 and 1/p.

    Args:
        mean: Mean of each unit.
        variance: Variance of each unit.
    """
    shared, total, quartic, mixed = (
        float(terms.sum()) for terms in (mean.square(), variance, variance.square(), mean.square() * variance)
    )
    length = shared + total
    cosine = shared / length
    centre = cosine + (cosine * (1.5 * quartic + 3 * mixed) - 2 * mixed) / length**2
    spread = (quartic + 2 * mixed - 4 * mixed * cosine + cosine**2 * (quartic + 2 * mixed)) / length**2
    return Expected(centre, math.sqrt(spread))


def gaussian_distance(variance: Float64[Tensor, " p"]) -> Expected:
    r"""Return mean and standard deviation of |x - y| over its root mean square sqrt(2S).

    |x - y|^2 is approximated by 2S/f times a chi-squared number with f = S^2/T degrees of freedom, which has its mean
    and variance (Welch and Satterthwaite): the mean is sqrt(2/f) Gamma((f+1)/2) / Gamma(f/2), and mean^2 + std^2 = 1.
    Exact for equal variances.

    Args:
        variance: Variance of each unit.
    """
    freedom = float(variance.sum() ** 2 / variance.square().sum())
    mean = math.exp(0.5 * math.log(2 / freedom) + float(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)))
    return Expected(mean, math.sqrt(max(0.0, 1 - mean**2)))
