"""Regions of parameters in which a behaviour changes by at most a tolerance, and the weight of their points."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.measures.at_state import AtState
from geomgen.measures.behaviour import Change, change_of
from geomgen.models.functional.diagonal import diagonal, gauss_newton_roots
from geomgen.models.functional.products import gauss_newton, hessian
from geomgen.numerics.dense import Product
from geomgen.theory.volume import LogVolume

BLOCK_NUMEL = 2**24


@dataclass(frozen=True)
class Region:
    """Where the behaviour changes by at most a tolerance, and the weight of its points.

    Attributes:
        state: Name of the parameters around which it is.
        theta: These parameters in the gauge that is measured, ``(D,)``.
        behaviour: What changes.
        change: Of the behaviour.
        bends_at: Products with the Gauss-Newton matrix of the change at a point; with a potential's Hessian.
        second_derivatives: Products with the second derivatives of the change at theta.
        diagonal: Of ``bends_at`` theta.
        numel_per_point: Numbers that a pass holds per vector of parameters.
        prior_std: Of each parameter, ``(D,)``; None for the weight 1.
        gauge: Name of the gauge.
        num_samples: Images; None for a potential.
        exact: Its volume, or mass, at each tolerance; None if it is unknown.
    """

    state: str
    theta: Float64[Tensor, " D"]
    behaviour: str
    change: Change
    bends_at: Callable[[Float64[Tensor, " D"]], Product]
    second_derivatives: Callable[[], Product]
    diagonal: Callable[[], Float64[Tensor, " D"]]
    numel_per_point: int
    prior_std: Float64[Tensor, " D"] | None
    gauge: str = "as-is"
    num_samples: int | None = None
    exact: Callable[[float], LogVolume] | None = None

    @property
    def unit(self) -> Float64[Tensor, " D"]:
        """Units in which parameters are measured: the prior's standard deviations, or 1."""
        return torch.ones_like(self.theta) if self.prior_std is None else self.prior_std

    @property
    def points_per_pass(self) -> int:
        """Vectors of parameters that pass at once, so that memory is bounded."""
        return max(1, BLOCK_NUMEL // max(len(self.theta), self.numel_per_point))

    def changes(self, points: Float64[Tensor, "n D"]) -> Float64[Tensor, " n"]:
        """Return the change at many points, in blocks that bound the memory."""
        return torch.cat([self.change(block) for block in points.split(self.points_per_pass)])


def region_of_network(
    at: AtState, behaviour: str, prior_std: Float64[Tensor, " D"] | None, gauge: str = "as-is"
) -> Region:
    """Return the region around a network's parameters.

    Args:
        at: The state, in its gauge.
        behaviour: kl, loss or disagreement.
        prior_std: Of each parameter; None for the weight 1.
        gauge: Name of the gauge.

    Raises:
        UsageError: If the network has no such behaviour.
    """
    operator = hessian if behaviour == "loss" else gauss_newton
    maps = [module for module in at.network.stand_in.modules() if isinstance(module, torch.nn.Linear)]
    return Region(
        state=at.state,
        theta=at.theta,
        behaviour=behaviour,
        change=change_of(behaviour, at),
        bends_at=lambda point: gauss_newton(at.network, point, at.inputs, at.labels),
        second_derivatives=lambda: operator(at.network, at.theta, at.inputs, at.labels),
        diagonal=lambda: diagonal(at.network, at.theta, at.inputs, at.labels, gauss_newton_roots),
        numel_per_point=len(at.inputs) * (sum(module.out_features for module in maps) + 1),
        prior_std=prior_std,
        gauge=gauge,
        num_samples=len(at.inputs),
    )
