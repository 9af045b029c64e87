"""Elliptical slice sampling of a normal law restricted to a set or a cone, many chains at once."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Float64, Int64
from torch import Tensor

MOST_SHRINKS = 100
"""After so many halvings of the bracket, on average, a proposal is the state itself."""


def elliptical_step(
    states: Float[Tensor, "chains dim"],
    inside: Callable[[Float[Tensor, "some dim"], Int64[Tensor, " some"]], Bool[Tensor, " some"]],
    source: torch.Generator,
) -> Float[Tensor, "chains dim"]:
    """Move each chain once; N(0, I) restricted to the set is invariant.

    The proposal is x cos(t) + z sin(t) with z ~ N(0, I), and t uniform in a bracket of angles that shrinks towards 0
    until the proposal is inside.

    Args:
        states: Of each chain, inside the set.
        inside: Says of proposals, and the numbers of their chains, whether they are.
        source: Source of randomness.

    Returns:
        The next states.

    Source:
        Murray, Adams and MacKay (2010).
    """
    others = torch.empty_like(states).normal_(generator=source)
    angle = torch.rand(len(states), 1, generator=source, dtype=states.dtype) * 2 * math.pi
    low, high = angle - 2 * math.pi, angle
    moved, left = states.clone(), torch.arange(len(states))
    for _ in range(MOST_SHRINKS):
        proposed = states[left] * angle[left].cos() + others[left] * angle[left].sin()
        good = inside(proposed, left)
        moved[left[good]] = proposed[good]
        left = left[~good]
        if not len(left):
            break
        low, high = torch.where(angle < 0, angle, low), torch.where(angle < 0, high, angle)
        angle = low + (high - low) * torch.rand(len(states), 1, generator=source, dtype=states.dtype)
    return moved


def cone_steps(
    states: Float64[Tensor, "chains dim"],
    normals: Float64[Tensor, "chains dim planes"],
    count: int,
    source: torch.Generator,
) -> Float64[Tensor, "chains dim"]:
    """Move each chain several times; N(0, I) restricted to its cone, a'x > 0 for each normal a, is invariant.

    On the ellipse x cos(t) + z sin(t), the side of a plane that x is on is the half circle around atan2(a'z, a'x).
    All of these contain t = 0, so that they have one arc in common, and t is uniform in it: no proposal is rejected.

    Args:
        states: Of each chain, inside its cone.
        normals: Of each chain's planes; a normal of zeros sets no limit.
        count: Number of moves.
        source: Source of randomness.

    Returns:
        The last states.

    Source:
        Gessner, Kanjilal and Hennig (2020), Integrals over Gaussians under linear domain constraints.
    """
    limits = normals.square().sum(1) > 0
    sides = torch.einsum("cd,cdp->cp", states, normals)
    for _ in range(count):
        others = torch.empty_like(states).normal_(generator=source)
        other_sides = torch.einsum("cd,cdp->cp", others, normals)
        middles = torch.atan2(other_sides, sides)
        low = torch.where(limits, middles, -math.pi / 2).amax(1, keepdim=True) - math.pi / 2
        high = torch.where(limits, middles, math.pi / 2).amin(1, keepdim=True) + math.pi / 2
        angle = low + (high - low) * torch.rand(low.shape, generator=source, dtype=states.dtype)
        states = states * angle.cos() + others * angle.sin()
        sides = sides * angle.cos() + other_sides * angle.sin()
    return states
