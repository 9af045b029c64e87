"""Elliptical slice sampling against exact moments of truncated normal laws."""

import math

import numpy as np
import torch

from geomgen.numerics.chain_mean import chain_mean
from geomgen.numerics.elliptical_slice import elliptical_step

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
