r"""How far a change departs from its quadratic approximation, where that says that a volume is.

With q the quadratic approximation of a change B, g the normal law whose density is the weight's times exp(-k q), and
Z = E exp(-k B) over the weight, the quantity ln Z - ln Z_q = ln E_g exp(-k (B - q)) is what the approximation misses
of the free energy. It is 0 where B = q.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.log_mean import LogMean, log_mean_exp
from geomgen.numerics.saddlepoint import tilt_of_quadratic

CORRECTION_DRAWS, FEWEST_EFFECTIVE, LARGEST_CORRECTION = 400, 100, math.log(2)
"""Draws of g; how many of them have to count, and by what factor Z may change, for an approximation to hold."""


class Quadratic(NamedTuple):
    """1/2 sum_i h_i (v_i . z - m_i)^2 in coordinates z in which the weight is the standard normal law, or 1.

    Attributes:
        values: h, above 0.
        vectors: v, orthonormal, as columns.
        centres: m.
        origin: For the weight 1, the point whose flat directions are left out; None for the normal law.
    """

    values: Float64[Tensor, " r"]
    vectors: Float64[Tensor, "D r"]
    centres: Float64[Tensor, " r"]
    origin: Float64[Tensor, " D"] | None = None

    def weight_at(self, tolerance: float) -> float:
        """Return k at which the mean of the quadratic under g is a tolerance; under the normal law at least 1 over it.

        With less, the change would hardly bear on g where the quadratic hardly curves.

        Args:
            tolerance: Above 0.
        """
        if self.origin is not None:
            return len(self.values) / (2 * tolerance)
        if not len(self.values):
            return 1 / tolerance
        return max(1 / tolerance, -tilt_of_quadratic(self.values, self.centres, tolerance))

    def drawn(self, weight: float, count: int, source: torch.Generator) -> Float64[Tensor, "n D"]:
        """Return draws z of g.

        Args:
            weight: k.
            count: n.
            source: Of randomness.
        """
        normal = torch.randn(count, len(self.vectors), generator=source, dtype=self.vectors.dtype).to(self.vectors)
        base = normal if self.origin is None else self.origin.expand(count, -1)
        precisions = weight * self.values + (self.origin is None)
        places = weight * self.values * self.centres / precisions + normal @ self.vectors * precisions.rsqrt()
        return base + (places - base @ self.vectors) @ self.vectors.T

    def at(self, points: Float64[Tensor, "n D"]) -> Float64[Tensor, " n"]:
        """Return the quadratic at some points."""
        return (points @ self.vectors - self.centres).square() @ self.values / 2


class Correction(NamedTuple):
    """What a quadratic approximation misses.

    Attributes:
        log_mean: ln Z - ln Z_q, in nats.
        ratio: Mean of the change over that of the quadratic, under g; None if the latter is 0.
    """

    log_mean: LogMean
    ratio: float | None

    @property
    def is_small(self) -> bool:
        """Whether the approximation holds: Z changes by at most a factor of 2, and no few draws decide by how much."""
        return abs(self.log_mean.value) <= LARGEST_CORRECTION and self.log_mean.ess >= FEWEST_EFFECTIVE


def quadratic_correction(
    change: Callable[[Float64[Tensor, "n D"]], Float64[Tensor, " n"]],
    quadratic: Quadratic,
    tolerance: float,
    source: torch.Generator,
) -> Correction:
    """Return by how much more ln Z is than that of the quadratic approximation, at a tolerance's own weight k.

    Args:
        change: B at points z; what is not finite counts as infinite.
        quadratic: q.
        tolerance: Mean of q under g; see `Quadratic.weight_at`.
        source: Of the draws.

    Source:
        Zwanzig (1954), High-Temperature Equation of State by a Perturbation Method.
    """
    weight = quadratic.weight_at(tolerance)
    points = quadratic.drawn(weight, CORRECTION_DRAWS, source)
    found, expected = change(points).nan_to_num(nan=torch.inf), quadratic.at(points)
    mean = float(expected.mean())
    return Correction(log_mean_exp(weight * (expected - found)), float(found.mean()) / mean if mean else None)
