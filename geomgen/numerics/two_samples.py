"""Two samples of functions or numbers: are they of one law, and how do their frequencies go together?"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geomgen.numerics.estimate import Estimate
from geomgen.numerics.packed_bits import Bits

Numbers = NDArray[np.int64]
Vector = NDArray[np.float64]
PERMUTATIONS = 999
FEWEST_POINTS, MOST_STEPS, LARGEST_STEP, CONVERGED = 4, 100, 1.0, 1e-9


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
    r"""Return the exponent b of P = c Q^b, from how often each of several functions came in samples of P and Q.

    The counts n and m are taken for Poisson's, of means c q^b and q, and c, b and the q of each function maximise the
    likelihood of both: the noise of m does not flatten the slope, as it does a regression on ln m. For b = 1, the
    equation for b is sum (n - p t) ln t = 0 with t = n + m and p = c/(1 + c), which is unbiased. The variance is
    Huber's with the residuals over 1 - leverage (HC3). Where P is scattered around c Q^b and ln Q varies little more
    than the noise of m, the exponent is too steep, and its interval wide.

    Args:
        counts: n, ``(functions,)``; functions must not be chosen by either.
        against: m, likewise.

    Returns:
        Unknown for fewer than four functions that came at all, or if all came equally often.

    Source:
        Long and Ervin (2000).
    """
    came = counts + against > 0
    n, m = counts[came].astype(float), against[came].astype(float)
    if len(n) < FEWEST_POINTS or not np.ptp(n + m) or not n.sum() or not m.sum():
        return Estimate(math.nan, math.nan, 0, len(n))
    line, logs = np.array([math.log(n.sum() / m.sum()), 1.0]), np.log((n + m) * m.sum() / (n + m).sum())

    def profile(line: Vector) -> Scores:
        nonlocal logs
        logs = _most_probable_logs(n, m, line, logs)
        return _profile(n, line, logs)

    return _slope(profile, line)


def power_of(counts: Numbers, probabilities: Vector) -> Estimate:
    r"""Return the exponent b of E n = c Q^b, from counts n of functions whose probability Q is known.

    The regression of Poisson's counts on ln Q, zeros included; as c Q^b is only their mean, P may be scattered around
    it. The variance is Huber's with the residuals over 1 - leverage (HC3). A relative error r of Q flattens the slope
    by the factor 1 - r^2 / var(ln Q).

    Args:
        counts: n, ``(functions,)``.
        probabilities: Q, by which the functions may be chosen.

    Returns:
        Unknown for fewer than four functions, if all are equally probable, or if none came.

    Source:
        Long and Ervin (2000).
    """
    n, logs = counts.astype(float), np.log(probabilities)
    if len(n) < FEWEST_POINTS or not np.ptp(logs) or not n.sum():
        return Estimate(math.nan, math.nan, 0, len(n))
    logs = logs - np.average(logs, weights=probabilities)
    design, line = np.column_stack([np.ones(len(n)), logs]), np.array([math.log(n.sum() / np.exp(logs).sum()), 1.0])

    def poisson(line: Vector) -> Scores:
        mean = np.exp(design @ line)
        return Scores(design, mean, n - mean)

    return _slope(poisson, line)


class Scores(NamedTuple):
    """What the likelihood says at a line.

    Attributes:
        design: ``(functions, 2)``.
        weights: Of its rows.
        residuals: Of the counts.
    """

    design: NDArray[np.float64]
    weights: Vector
    residuals: Vector


def _slope(scores: Callable[[Vector], Scores], line: Vector) -> Estimate:
    """Return the slope of the line at which the scores are 0, by Newton's method; unknown if it does not end."""
    for _ in range(MOST_STEPS):
        found = scores(line)
        design, weights, residuals = found
        step = np.linalg.lstsq(design.T @ (weights[:, None] * design), design.T @ residuals, rcond=None)[0]
        change = float(np.abs(design @ step).max())
        line = line + step * min(1.0, LARGEST_STEP / max(change, CONVERGED))
        if change < CONVERGED:
            return _robust_slope(found, float(line[1]))
    return Estimate(math.nan, math.nan, 0, len(design))


def _most_probable_logs(n: Vector, m: Vector, line: Vector, logs: Vector) -> Vector:
    """Return the ln q that maximise the likelihood for a line a + b ln q, by Newton's method."""
    intercept, slope = line
    for _ in range(MOST_STEPS):
        first, second = np.exp(intercept + slope * logs), np.exp(logs)
        step = (slope * (n - first) + m - second) / (slope**2 * first + second)
        logs = logs + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        if np.abs(step).max() < CONVERGED:
            break
    return logs


def _profile(n: Vector, line: Vector, logs: Vector) -> Scores:
    """Return the design, the weights of its rows when all q are profiled out, and the residuals of n."""
    mean, other = np.exp(line[0] + line[1] * logs), np.exp(logs)
    design = np.column_stack([np.ones(len(logs)), logs])
    return Scores(design, mean * other / (line[1] ** 2 * mean + other), n - mean)


def _robust_slope(found: Scores, slope: float) -> Estimate:
    design, weights, residuals = found
    inverse = np.linalg.pinv(design.T @ (weights[:, None] * design))
    leverage = weights * np.einsum("ki,ij,kj->k", design, inverse, design)
    scores = design * (residuals / np.maximum(1 - leverage, 1e-12))[:, None]
    variance = inverse @ scores.T @ scores @ inverse
    return Estimate(slope, math.sqrt(variance[1, 1]), len(design) - 2, len(design))


def smoothed_divergence(first: Numbers, second: Numbers) -> float:
    """Return the Kullback-Leibler divergence of one law from another in nats, from counts with 1/2 added to each.

    Args:
        first: ``(values,)``: how often each value came.
        second: Likewise, of the law that it is compared with.
    """
    left, right = ((counts + 0.5) / (counts + 0.5).sum() for counts in (first, second))
    return float((left * np.log(left / right)).sum())
