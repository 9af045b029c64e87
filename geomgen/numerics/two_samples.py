"""Two samples of functions or numbers: are they of one law, and how do their frequencies go together?"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.estimate import Estimate
from geomgen.numerics.packed_bits import Bits

Numbers = NDArray[np.int64]
PERMUTATIONS = 999
FEWEST_POINTS, MOST_STEPS, CONVERGED = 4, 100, 1e-10


class Test(NamedTuple):
    """A statistic, and the share of permutations, the data among them, for which it is as large."""

    statistic: float
    p_value: float


def permuted_ks(first: Numbers, second: Numbers, source: np.random.Generator) -> Test:
    """Return the largest difference between two distribution functions, with its permutation test.

    The test is exact for numbers with ties, unlike the limit law of Kolmogorov and Smirnov.

    Args:
        first: ``(values,)``: how often each value came, in their order.
        second: Likewise.
        source: Source of randomness.
    """
    both = first + second
    drawn = source.multivariate_hypergeometric(both, int(first.sum()), size=PERMUTATIONS)
    counts = np.concatenate([first[None], drawn])
    gaps = np.cumsum(counts / first.sum() - (both - counts) / second.sum(), 1)
    return _tested(np.abs(gaps).max(1))


def permuted_hamming(first: Bits, second: Bits, source: np.random.Generator) -> Test:
    r"""Return the squared maximum mean discrepancy of two samples of functions, with its permutation test.

    The kernel is exp(-d/s) with d the number of inputs at which two functions differ, and s its mean over all pairs.

    Args:
        first: ``(n, inputs)``.
        second: ``(m, inputs)``.
        source: Source of randomness.

    Source:
        Gretton et al. (2012).
    """
    signs = np.where(np.concatenate([first, second]), 1.0, -1.0)
    distance = (signs.shape[1] - signs @ signs.T) / 2
    kernel = np.exp(-distance / max(float(distance.mean()), 1e-12))
    weights = np.concatenate([np.full(len(first), 1 / len(first)), np.full(len(second), -1 / len(second))])
    all_weights = np.stack([weights, *(source.permutation(weights) for _ in range(PERMUTATIONS))])
    return _tested(np.einsum("pi,pi->p", all_weights @ kernel, all_weights))


def _tested(statistics: NDArray[np.float64]) -> Test:
    """Return the test of the first of several statistics, those equal but for rounding counted as being as large."""
    as_large = int((statistics >= statistics[0] * (1 - 1e-9)).sum())
    return Test(float(statistics[0]), as_large / len(statistics))


def power_between(counts: Numbers, against: Numbers) -> Estimate:
    r"""Return the exponent b of P = const Q^b, from how often each of several functions came in samples of P and Q.

    Given its total t = n + m in both samples, the count n of a function is binomial, with the log odds
    const + (b - 1) ln Q. These are regressed on ln t, an estimate of ln Q that does not depend on how t is divided if
    b = 1: then the slope is unbiased in spite of the noise of both counts. Its variance is scaled by that of the
    residuals where these are larger than binomial ones. Where b is not 1, the estimate is
    biased, even if both samples are large: 50 functions of Zipf's law have 1.41 where it is 1.5, and 0.33 where it is
    0.5.

    Args:
        counts: n, ``(functions,)``; functions must not be chosen by either.
        against: m, likewise.

    Returns:
        Unknown for fewer than four functions that came at all, if all came equally often, or if no slope is steep
        enough.
    """
    from scipy.special import expit

    totals = counts + against
    hits, totals = counts[totals > 0].astype(float), totals[totals > 0].astype(float)
    x = np.log(totals)
    if len(x) < FEWEST_POINTS or not np.ptp(x) or not 0 < hits.sum() < totals.sum():
        return Estimate(math.nan, math.nan, 0, len(x))
    design = np.column_stack([np.ones(len(x)), x - np.average(x, weights=totals)])
    solution = np.array([math.log(hits.sum() / (totals.sum() - hits.sum())), 0.0])
    for _ in range(MOST_STEPS):
        odds = expit(design @ solution)
        variance = totals * odds * (1 - odds)
        step = np.linalg.lstsq(design.T @ (variance[:, None] * design), design.T @ (hits - totals * odds), rcond=None)[
            0
        ]
        solution += np.clip(step, -1, 1)
        if np.abs(step).max() < CONVERGED:
            break
    else:
        return Estimate(math.nan, math.nan, 0, len(x))
    freedom = len(x) - 2
    scatter = float(((hits - totals * odds) ** 2 / np.maximum(variance, 1e-300)).sum()) / freedom
    stderr = math.sqrt(max(1.0, scatter) / float(variance @ design[:, 1] ** 2))
    return Estimate(1 + float(solution[1]), stderr, freedom, len(x))


def smoothed_divergence(first: Numbers, second: Numbers) -> float:
    """Return the Kullback-Leibler divergence of one law from another in nats, from counts with 1/2 added to each.

    Args:
        first: ``(values,)``: how often each value came.
        second: Likewise, of the law that it is compared with.
    """
    left, right = ((counts + 0.5) / (counts + 0.5).sum() for counts in (first, second))
    return float((left * np.log(left / right)).sum())
