"""Elliptical slice sampling of a normal law restricted to a set, many chains at once."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int64
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
