"""A whole spectrum, known exactly or through quadrature: sums over eigenvalues, shares of them, and their density."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.estimate import LEVEL, Estimate
from geomgen.numerics.lanczos import Ritz, Tridiagonal, ritz
from geomgen.numerics.quadrature import Range, share_below
from geomgen.numerics.rounding import rounding_threshold
from geomgen.numerics.statistics import mean

Function = Callable[[Float64[Tensor, " nodes"]], Float64[Tensor, " nodes"]]


class Bounded(NamedTuple):
    """A share of the eigenvalues, with what it is at least and at most; all three are equal if it is exact."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ExactSpectrum:
    """All eigenvalues.

    Attributes:
        eigenvalues: Ascending, ``(D,)``.
    """

    eigenvalues: Float64[Tensor, " D"]

    @property
    def ritz(self) -> Ritz:
        """All of them; their errors are those of rounding."""
        ones = torch.ones_like(self.eigenvalues)
        return Ritz(self.eigenvalues, ones / len(ones), ones * self.rounding)

    @property
    def rule(self) -> Ritz:
        """All of them, each once."""
        return self.ritz

    @property
    def rounding(self) -> float:
        """D eps times the largest |lambda|."""
        return rounding_threshold(len(self.eigenvalues)) * float(self.eigenvalues.abs().max())

    def total(self, function: Function) -> Estimate:
        """Return the sum of a function over all eigenvalues."""
        return Estimate(float(function(self.eigenvalues).sum()), 0.0, math.inf, len(self.eigenvalues))

    def share(self, low: float, high: float) -> Bounded:
        """Return the share of eigenvalues from low to high, ends included."""
        share = float(((low <= self.eigenvalues) & (self.eigenvalues <= high)).double().mean())
        return Bounded(share, share, share)


@dataclass(frozen=True)
class KrylovSpectrum:
    """What Lanczos steps from random signs tell of a spectrum.

    Attributes:
        probes: T of each start vector, whose entries are independent random signs.
        dim: D.
        nonnegative: Whether no eigenvalue is below 0.
    """

    probes: Sequence[Tridiagonal]
    dim: int
    nonnegative: bool = False

    @property
    def ritz(self) -> Ritz:
        """The Ritz values of the first probe alone, since each probe finds the outermost eigenvalues again."""
        return ritz(self.probes[0])

    @property
    def rule(self) -> Ritz:
        """The quadrature rules of all probes, each with the same weight."""
        rules = [ritz(probe) for probe in self.probes]
        values, weights, bounds = (torch.cat(parts) for parts in zip(*rules, strict=True))
        return Ritz(values, weights / len(rules), bounds)

    @property
    def rounding(self) -> float:
        """D eps times the largest |lambda| found."""
        return rounding_threshold(self.dim) * float(self.ritz.values.abs().max())

    def total(self, function: Function) -> Estimate:
        """Return the mean over probes of D sum_i w_i f(theta_i); exact but for the probes if f is a cubic.

        With f(x) = x this is Hutchinson's estimate of the trace, whose variance is 2 (|A|_F^2 - sum A_ii^2) per probe.

        Source:
            Hutchinson (1989); Ubaru, Chen and Saad (2017), Fast Estimation of tr(f(A)) via Stochastic Lanczos.
        """
        rules = [ritz(probe) for probe in self.probes]
        return mean(self.dim * float(rule.weights.dot(function(rule.values))) for rule in rules)

    def share(self, low: float, high: float) -> Bounded:
        """Return the share of eigenvalues from low to high, ends included, in the middle of its bounds.

        The bounds are the means over probes of what the moments allow, further apart by the 95 % normal interval of the
        probes: the variance of one share s is at most 2 min(s, 1 - s) / D, that of a projection.
        """
        ranges = [self._share(probe, low, high) for probe in self.probes]
        least, most = (sum(ends) / len(ranges) for ends in zip(*ranges, strict=True))
        nearest_half = min(max(0.5, least), most)
        variance = 2 * min(nearest_half, 1 - nearest_half) / (self.dim * len(ranges))
        error = math.sqrt(max(0.0, variance)) * math.sqrt(2) * float(torch.special.erfinv(torch.tensor(LEVEL).double()))
        return Bounded((least + most) / 2, max(0.0, least - error), min(1.0, most + error))

    def _share(self, probe: Tridiagonal, low: float, high: float) -> Range:
        up_to = share_below(probe, high)
        if math.isinf(low) or (self.nonnegative and low <= 0):
            return up_to
        below = share_below(probe, low)
        return Range(max(0.0, up_to.low - below.high), max(0.0, up_to.high - below.low))


Spectrum = ExactSpectrum | KrylovSpectrum
"""The eigenvalues of a symmetric matrix ``(D, D)``."""


def random_signs(count: int, dim: int, source: torch.Generator) -> Float64[Tensor, "{count} {dim}"]:
    """Return vectors of independent signs, 1 or -1 with the same probability (the law of Rademacher).

    Args:
        count: Number of vectors.
        dim: D.
        source: Randomness.
    """
    return torch.randint(0, 2, (count, dim), generator=source).double().mul_(2).sub_(1)


def broadened(rule: Ritz, points: Float64[Tensor, " points"], broadening: float) -> Float64[Tensor, " points"]:
    """Return the density of a distribution, each of its values spread out as a normal distribution.

    Args:
        rule: Values and weights.
        points: Where the density is wanted.
        broadening: Standard deviation, in units of the eigenvalues.
    """
    z = (points[:, None] - rule.values) / broadening
    return (z.square() / -2).exp() @ rule.weights / (broadening * math.sqrt(2 * math.pi))
