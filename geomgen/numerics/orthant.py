"""Orthant probabilities of Gaussian vectors, and weighted samples of them in an orthant, by minimax tilting."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import root
from scipy.special import log_ndtr, logsumexp, ndtri_exp
from scipy.stats import qmc

Vector = NDArray[np.float64]
REPLICATES, POINTS = 16, 512
LARGEST = 300
SMALLEST_PIVOT = 1e-10
SMALLEST_UNIFORM = 2.0**-40


class LogProbability(NamedTuple):
    """Logarithm of a probability, in nats, and its standard error over replicates."""

    value: float
    stderr: float


class UnresolvedError(ValueError):
    """A method cannot find a probability; the message says why, and what may."""


def log_orthant(
    covariance: NDArray[np.float64],
    signs: NDArray[np.bool_],
    generator: np.random.Generator,
    *,
    replicates: int = REPLICATES,
    points: int = POINTS,
) -> LogProbability:
    r"""Return ln P(x_i > 0 where the sign is true, x_i < 0 elsewhere) of x ~ N(0, K).

    The variables are taken in Gibson's order, and drawn one after the other from normal laws, truncated and shifted so
    that the largest weight is as small as possible; from scrambled Sobol points, several times independently.

    Args:
        covariance: K, ``(m, m)`` float64, positive definite.
        signs: ``(m,)``.
        generator: Source of randomness.
        replicates: How often; a single one has no standard error (NaN).
        points: Points per replicate, a power of 2. exp of the value is unbiased however few there are.

    Returns:
        In nats.

    Raises:
        UnresolvedError: If there are more than 300 variables, or the covariance is not of full rank.

    Source:
        Botev (2017), The normal law under linear restrictions.
    """
    if len(signs) == 1:
        return LogProbability(math.log(0.5), 0.0)
    tilting = _tilting(covariance, signs)
    lower, shifts, size = tilting.lower, tilting.shifts, len(signs)
    engines = [qmc.Sobol(size - 1, rng=child) for child in generator.spawn(replicates)]
    found = np.array([_log_mean_weight(lower, shifts, engine.random(points)) for engine in engines])
    ratios = np.exp(found - found.max())
    value = found.max() + math.log(ratios.mean())
    spread = float(ratios.std(ddof=1) / ratios.mean() / math.sqrt(replicates)) if replicates > 1 else math.nan
    return LogProbability(float(value), spread)


class OrthantSample(NamedTuple):
    """Points in an orthant, weighted so that they are of the Gaussian law given the orthant.

    Attributes:
        log_weights: ``(points,)``; the mean of their exponentials is the probability of the orthant.
        values: ``(points, m)``.
    """

    log_weights: Vector
    values: NDArray[np.float64]


def orthant_sample(
    covariance: NDArray[np.float64], signs: NDArray[np.bool_], points: int, generator: np.random.Generator
) -> OrthantSample:
    """Return points of x ~ N(0, K) with x_i > 0 where the sign is true, x_i < 0 elsewhere, drawn as in `log_orthant`.

    Args:
        covariance: K, ``(m, m)`` float64, positive definite.
        signs: ``(m,)``.
        points: A power of 2.
        generator: Source of randomness.

    Raises:
        UnresolvedError: If there are more than 300 variables, or the covariance is not of full rank.
    """
    tilting = _tilting(covariance, signs)
    uniform = qmc.Sobol(len(signs), rng=generator).random(points)
    weights, drawn = _weighted_draws(tilting.lower, np.append(tilting.shifts, 0.0), uniform)
    values = np.empty((points, len(signs)))
    values[:, tilting.order] = (tilting.factor @ drawn).T
    return OrthantSample(weights, values * np.where(signs, 1.0, -1.0))


class _Tilting(NamedTuple):
    """The Cholesky factor of the variables in Gibson's order, what is below its unit diagonal, and the shifts."""

    factor: NDArray[np.float64]
    order: NDArray[np.int64]
    lower: NDArray[np.float64]
    shifts: Vector


def _tilting(covariance: NDArray[np.float64], signs: NDArray[np.bool_]) -> _Tilting:
    if len(signs) > LARGEST:
        raise UnresolvedError(f"an orthant of {len(signs)} dimensions is beyond the {LARGEST} that tilting can do")
    turned = np.where(signs, 1.0, -1.0)
    factor, order = _ordered_cholesky(covariance * np.outer(turned, turned))
    lower = np.tril(factor / np.diag(factor)[:, None], -1)
    return _Tilting(factor, order, lower, _minimax_shifts(lower))


def _ordered_cholesky(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the Cholesky factor in the order in which each next variable is the least likely to be positive, and that.

    Those before it are taken for their truncated means. The first is the one that is least like the others, so that the
    order does not depend on that of the rows.

    Raises:
        UnresolvedError: If the covariance is not of full rank.
    """
    scale = np.sqrt(np.diag(covariance))
    first = np.argsort((covariance / np.outer(scale, scale)).sum(1), kind="stable")
    left, size = covariance[np.ix_(first, first)], len(covariance)
    factor, means = np.zeros_like(left), np.zeros(size)
    for place in range(size):
        rest = slice(place, size)
        variance = np.diag(left)[rest] - (factor[rest, :place] ** 2).sum(1)
        if variance.min() <= SMALLEST_PIVOT * np.diag(left).max():
            raise UnresolvedError(
                f"the covariance of {size} variables has rank {place} or is close to it: use splitting"
            )
        bounds = -(factor[rest, :place] @ means[:place]) / np.sqrt(variance)
        chosen = place + int(np.argmin(log_ndtr(-bounds)))
        order = [chosen, place]
        left[[place, chosen]] = left[order]
        left[:, [place, chosen]] = left[:, order]
        factor[[place, chosen]], first[[place, chosen]] = factor[order], first[order]
        factor[place, place] = math.sqrt(variance[chosen - place])
        below = slice(place + 1, size)
        factor[below, place] = (left[below, place] - factor[below, :place] @ factor[place, :place]) / factor[
            place, place
        ]
        means[place] = _hazard(bounds[[chosen - place]])[0]
    return factor, first


def _hazard(bounds: Vector) -> Vector:
    """Return phi(b) / P(Z > b): the mean of a standard normal variable beyond each bound."""
    return np.asarray(np.exp(-(bounds**2) / 2 - log_ndtr(-bounds)) / math.sqrt(2 * math.pi))


def _minimax_shifts(lower: NDArray[np.float64]) -> Vector:
    """Return the shifts of all variables but the last at the saddle of the log weight.

    Raises:
        UnresolvedError: If it is not found.
    """
    size = len(lower) - 1
    if not size:
        return np.zeros(0)

    def gradient(both: Vector) -> tuple[Vector, NDArray[np.float64]]:
        drawn, shift = np.append(both[:size], 0.0), np.append(both[size:], 0.0)
        bounds = -shift - lower @ drawn
        hazard = _hazard(bounds)
        change = hazard * (bounds - hazard)
        mixed = change[:, None] * lower
        slopes = np.concatenate([(lower.T @ hazard - shift)[:size], (shift - drawn + hazard)[:size]])
        cross = (mixed - np.eye(size + 1))[:size, :size]
        curved = (lower.T @ mixed)[:size, :size]
        return slopes, np.block([[curved, cross.T], [cross, np.diag(1 + change[:size])]])

    found = root(gradient, np.zeros(2 * size), jac=True)
    if not found.success:
        raise UnresolvedError(f"the tilting of {size + 1} variables was not found, use splitting: {found.message}")
    return np.asarray(found.x[size:])


def _log_mean_weight(lower: NDArray[np.float64], shifts: Vector, uniform: NDArray[np.float64]) -> float:
    """Return the log of the mean weight of points ``(points, m - 1)`` of the unit cube."""
    weights, drawn = _weighted_draws(lower, shifts, uniform)
    weights += log_ndtr(lower[-1] @ drawn)
    return float(logsumexp(weights) - math.log(len(weights)))


def _weighted_draws(
    lower: NDArray[np.float64], shifts: Vector, uniform: NDArray[np.float64]
) -> tuple[Vector, NDArray[np.float64]]:
    """Return log weights ``(points,)`` of as many variables as have shifts, and all variables, 0 without a shift."""
    weights, drawn = np.zeros(len(uniform)), np.zeros((len(lower), len(uniform)))
    for place, shift in enumerate(shifts):
        inside = log_ndtr(shift + lower[place, :place] @ drawn[:place])
        chance = np.log(np.clip(uniform[:, place], SMALLEST_UNIFORM, 1))
        drawn[place] = shift - ndtri_exp(chance + inside)
        weights += shift**2 / 2 - shift * drawn[place] + inside
    return weights, drawn
