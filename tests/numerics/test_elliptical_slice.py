"""Elliptical slice sampling against exact moments of truncated normal laws."""

import math

import numpy as np
import torch

from geomgen.numerics.chain_mean import chain_mean
from geomgen.numerics.elliptical_slice import cone_steps, elliptical_step

CHAINS, STEPS, BURN_IN = 200, 1000, 20


def _samples(dim: int, low: float) -> torch.Tensor:
    """Return the first coordinates of chains in the set where that is above a limit."""
    source = torch.Generator().manual_seed(0)
    states = torch.randn(CHAINS, dim, generator=source, dtype=torch.float64)
    states[:, 0] = low + states[:, 0].abs()
    kept = []
    for step in range(STEPS):
        states = elliptical_step(states, lambda proposed, _: proposed[:, 0] > low, source)
        if step >= BURN_IN:
            kept.append(states[:, :2].clone())
    return torch.stack(kept, 1)


def test_a_truncated_coordinate_has_its_exact_mean_and_the_others_are_free() -> None:
    low = 1.5
    values = _samples(3, low)
    assert values[..., 0].min() > low
    tail = math.erfc(low / math.sqrt(2)) / 2
    hazard = math.exp(-(low**2) / 2) / math.sqrt(2 * math.pi) / tail
    for column, mean, variance in ((0, hazard, 1 + low * hazard - hazard**2), (1, 0.0, 1.0)):
        worth = chain_mean(values[..., column])
        assert worth is not None
        assert worth.r_hat < 1.01
        assert abs(values[..., column].mean() - mean) < 5 * math.sqrt(variance / worth.ess)


def test_a_chain_whose_proposals_all_fail_stays() -> None:
    states = torch.ones(3, 2)
    moved = elliptical_step(
        states, lambda proposed, _: torch.zeros(len(proposed), dtype=torch.bool), torch.Generator().manual_seed(0)
    )
    assert torch.equal(moved, states)


def test_a_step_keeps_a_half_space_probability() -> None:
    angles = _samples(2, 0.0).flatten(0, 1).numpy()
    share = float((np.abs(angles[:, 1]) < angles[:, 0]).mean())
    assert abs(share - 0.5) < 0.02


def test_moves_in_a_cone_have_the_moments_of_a_wedge() -> None:
    """In a plane's wedge of half angle a, directions are uniform: E x = sqrt(pi/2) sin(a)/a; |x|^2 has the mean 2."""
    half, count = 0.4, 4000
    normals = torch.tensor([[math.sin(half), math.sin(half), 0.0], [math.cos(half), -math.cos(half), 0.0]])
    normals = normals.double().expand(count, 2, 3)
    source = torch.Generator().manual_seed(0)
    start = torch.tensor([[1.0, 0.0]], dtype=torch.float64).expand(count, 2)
    states = cone_steps(start, normals, 30, source)
    assert (torch.einsum("cd,cdp->cp", states, normals)[:, :2] > 0).all()
    squares, angles = states.square().sum(1), torch.atan2(states[:, 1], states[:, 0])
    for values, mean in (
        (states[:, 0], math.sqrt(math.pi / 2) * math.sin(half) / half),
        (squares, 2.0),
        (angles.abs(), half / 2),
        (angles, 0.0),
    ):
        assert abs(values.mean() - mean) < 5 * values.std() / math.sqrt(count)


def test_without_a_plane_a_move_in_a_cone_is_free() -> None:
    states = cone_steps(
        torch.ones(4000, 1).double(), torch.zeros(4000, 1, 2).double(), 5, torch.Generator().manual_seed(0)
    )
    assert abs(states.mean()) < 5 / math.sqrt(4000)
    assert abs(states.var() - 1) < 5 * math.sqrt(2 / 4000)
