"""Orthant probabilities of Gaussian vectors, and weighted samples of them in an orthant, by minimax tilting."""

import math
from dataclasses import dataclass
from functools import cached_property
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
"""Share of its variance below which a variable counts as a combination of others."""
MOST_UNTILTED = 20
"""So few variables can be drawn without shifts where none are found, with larger standard errors."""
NARROWEST = 1e-8
"""Narrower intervals of a standard normal variable are empty: their ends are equal but for rounding."""
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
    that the largest weight is as small as possible; from scrambled Sobol points, several times independently. Where K
    has a rank below m, a variable that is a combination of others is one more limit of the last of these.

    Args:
        covariance: K, ``(m, m)`` float64, of any rank, with a positive diagonal.
        signs: ``(m,)``.
        generator: Source of randomness.
        replicates: How often; a single one has no standard error (NaN).
        points: Points per replicate, a power of 2. exp of the value is unbiased however few there are.

    Returns:
        In nats; minus infinity if no point is in the orthant, which may be empty if K is not of full rank.

    Raises:
        UnresolvedError: If there are more than 300 variables, or the tilting is not found.

    Source:
        Botev (2017), The normal law under linear restrictions; Genz and Kwong (2000) for K of any rank.
    """
    if len(signs) == 1:
        return LogProbability(math.log(0.5), 0.0)
    tilting = _tilting(covariance, signs)
    children = generator.spawn(replicates)
    found = np.array([_log_mean_weight(tilting, _uniform(points, tilting.rank - 1, child)) for child in children])
    if found.max() == -math.inf:
        return LogProbability(-math.inf, math.nan)
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
    if tilting.rank < len(signs):
        raise UnresolvedError(f"the covariance of {len(signs)} variables has rank {tilting.rank}")
    weights, drawn = _weighted_draws(tilting, _uniform(points, len(signs), generator))
    values = np.empty((points, len(signs)))
    values[:, tilting.order] = (tilting.factor @ drawn).T
    return OrthantSample(weights, values * np.where(signs, 1.0, -1.0))


def _uniform(points: int, dim: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return scrambled Sobol points of the unit cube."""
    return np.asarray(qmc.Sobol(dim, rng=generator).random(points)) if dim else np.empty((points, 0))


@dataclass(frozen=True)
class _Tilting:
    """How variables of rank r are drawn.

    Attributes:
        factor: The Cholesky factor in Gibson's order, ``(m, r)``; the last m - r variables are combinations of others.
        order: Of the variables, ``(m,)``.
        lower: What is below the unit diagonal of the first r, ``(r, r)``.
        shifts: Of all but the last of these.
    """

    factor: NDArray[np.float64]
    order: NDArray[np.int64]
    lower: NDArray[np.float64]
    shifts: Vector

    @property
    def rank(self) -> int:
        return len(self.lower)

    @cached_property
    def ending(self) -> list[NDArray[np.float64]]:
        """The combinations that end at each of the first r variables, ``(some, r)``."""
        rows = self.factor[self.rank :]
        counts = np.abs(rows) > math.sqrt(SMALLEST_PIVOT) * np.linalg.norm(rows, axis=1, keepdims=True)
        ends = self.rank - 1 - np.argmax(counts[:, ::-1], axis=1)
        return [rows[ends == place] for place in range(self.rank)]


def _tilting(covariance: NDArray[np.float64], signs: NDArray[np.bool_]) -> _Tilting:
    if len(signs) > LARGEST:
        raise UnresolvedError(f"an orthant of {len(signs)} dimensions is beyond the {LARGEST} that tilting can do")
    turned = np.where(signs, 1.0, -1.0)
    factor, order = _ordered_cholesky(covariance * np.outer(turned, turned))
    lower = np.tril(factor[: factor.shape[1]] / np.diag(factor)[:, None], -1)
    return _Tilting(factor, order, lower, _minimax_shifts(lower))


def _ordered_cholesky(covariance: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the Cholesky factor in the order in which each next variable is the least likely to be positive, and that.

    Those before it are taken for their truncated means. The first is the one that is least like the others, so that the
    order does not depend on that of the rows. Variables without variance given those before them are the last, and
    have no column.
    """
    scale = np.sqrt(np.diag(covariance))
    first = np.argsort((covariance / np.outer(scale, scale)).sum(1), kind="stable")
    left, size = covariance[np.ix_(first, first)], len(covariance)
    factor, means = np.zeros_like(left), np.zeros(size)
    for place in range(size):
        rest = slice(place, size)
        variance = np.diag(left)[rest] - (factor[rest, :place] ** 2).sum(1)
        varies = variance > SMALLEST_PIVOT * np.diag(left)[rest]
        if not varies.any():
            return factor[:, :place], first
        bounds = -(factor[rest, :place] @ means[:place]) / np.sqrt(np.where(varies, variance, 1))
        chosen = place + int(np.argmin(np.where(varies, log_ndtr(-bounds), math.inf)))
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
        UnresolvedError: If it is not found, for 20 variables or more.
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
    if not found.success:  # as of variables that are almost opposite
        found = root(gradient, np.zeros(2 * size), jac=True, method="lm")
    if not found.success and size < MOST_UNTILTED:
        return np.zeros(size)
    if not found.success:
        raise UnresolvedError(f"the tilting of {size + 1} variables was not found: {found.message}")
    return np.asarray(found.x[size:])


def _log_mean_weight(tilting: _Tilting, uniform: NDArray[np.float64]) -> float:
    """Return the log of the mean weight of points ``(points, r - 1)`` of the unit cube."""
    weights, drawn = _weighted_draws(tilting, uniform)
    weights += _log_mass(*_limits(tilting, tilting.rank - 1, drawn))
    return float(logsumexp(weights) - math.log(len(weights)))


def _weighted_draws(tilting: _Tilting, uniform: NDArray[np.float64]) -> tuple[Vector, NDArray[np.float64]]:
    """Return log weights ``(points,)`` of as many variables as points have coordinates, and all, 0 without one."""
    weights, drawn = np.zeros(len(uniform)), np.zeros((tilting.rank, len(uniform)))
    for place, (chance, shift) in enumerate(zip(uniform.T, np.append(tilting.shifts, 0.0), strict=False)):
        low, high = (limit - shift for limit in _limits(tilting, place, drawn))
        inside = _log_mass(low, high)
        beyond = np.log(np.clip(chance, SMALLEST_UNIFORM, 1)) + inside
        inner = -ndtri_exp(np.minimum(np.logaddexp(beyond, log_ndtr(-high)), 0))
        drawn[place] = shift + np.where(high < math.inf, np.clip(inner, low, high), inner)
        weights += shift**2 / 2 - shift * drawn[place] + inside
    return weights, drawn


def _limits(tilting: _Tilting, place: int, drawn: NDArray[np.float64]) -> tuple[Vector, Vector]:
    """Return between what a variable has to be, given those before it; each ``(points,)``."""
    low = -(tilting.lower[place, :place] @ drawn[:place])
    high = np.full_like(low, math.inf)
    for row in tilting.ending[place]:
        limit = -(row[:place] @ drawn[:place]) / row[place]
        low, high = (np.maximum(low, limit), high) if row[place] > 0 else (low, np.minimum(high, limit))
    return low, high


def _log_mass(low: Vector, high: Vector) -> Vector:
    """Return ln P(low < z < high) of standard normal z."""
    above_low, above_high = log_ndtr(-low), log_ndtr(-high)
    with np.errstate(divide="ignore"):
        inside = above_low + np.log1p(-np.exp(np.minimum(above_high - above_low, 0)))
    return np.where(high - low > NARROWEST, inside, -math.inf)
