"""Chains on a hyperbola and a sphere have the means that quadrature and symmetry give."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from geomgen.numerics.chain_mean import chain_mean
from geomgen.numerics.seeds import generator
from geomgen.numerics.surface import Linearised, System, gradient_flow
from geomgen.numerics.surface_chains import LogWeight, SurfaceChains, surface_chains

MOST_Z = 3.5


def _hyperbola(points: Tensor) -> Tensor:
    return (points[:, 0] * points[:, 1] - 0.6)[:, None]


def _sphere(points: Tensor) -> Tensor:
    return points.square().sum(1, keepdim=True) - 4


HYPERBOLA, SPHERE = System.of(_hyperbola), System.of(_sphere)


def _flat(at: Linearised) -> Tensor:
    return torch.zeros(len(at.rows), dtype=torch.float64)


def _conditioned(at: Linearised) -> Tensor:
    return -at.half_log_det


def _chains(weight: LogWeight) -> SurfaceChains:
    source = generator(0, "test-chains")
    starts = gradient_flow(HYPERBOLA, torch.randn(200, 2, generator=source, dtype=torch.float64)).points
    return surface_chains(HYPERBOLA, starts, weight, num_draws=30, burn_in=15, source=source)


def _mean_energy(power: float) -> float:
    """Return the mean of |z|^2/2 on the hyperbola of a density exp(-|z|^2/2) |z|^power relative to its length."""

    def density(a: float) -> float:
        return math.exp(-_square(a) / 2) * math.hypot(1, 0.6 / a**2) * math.pow(_square(a), power / 2)

    def _square(a: float) -> float:
        return a**2 + (0.6 / a) ** 2

    parts = [quad(lambda a, w=w: density(a) * w(a), 0.02, 12, limit=500, points=[0.2, 0.5, 1, 2])[0]
             for w in (lambda _a: 1.0, lambda a: _square(a) / 2)]  # fmt: skip
    return float(parts[1] / parts[0])


@pytest.mark.parametrize(("weight", "power"), [(_flat, 0.0), (_conditioned, -1.0)])
def test_means_on_a_hyperbola_are_those_of_quadrature(weight: LogWeight, power: float) -> None:
    chains = _chains(weight)
    found = chain_mean(chains.energies)
    assert found is not None
    assert abs(found.value - _mean_energy(power)) < MOST_Z * found.stderr
    assert found.stderr < 0.06
    assert 0.7 < chains.acceptance < 0.95
    assert _hyperbola(chains.points).abs().max() < 1e-9


def test_the_two_laws_differ_by_many_errors() -> None:
    assert abs(_mean_energy(0.0) - _mean_energy(-1.0)) > 0.1


def test_chains_on_a_sphere_forget_where_they_started() -> None:
    starts = torch.tensor([[2.0, 0, 0]], dtype=torch.float64).repeat(400, 1)
    chains = surface_chains(SPHERE, starts, _flat, num_draws=4, burn_in=20, source=generator(1, "test-sphere"))
    assert np.allclose(chains.energies, 2)
    assert float(chains.points[:, 0].mean().abs()) < MOST_Z * 2 / math.sqrt(3 * 400)
    assert float(chains.points[:, 0].square().mean()) == pytest.approx(4 / 3, abs=MOST_Z * 4 * math.sqrt(4 / 45 / 400))


def test_the_same_seed_gives_the_same_chains() -> None:
    starts = torch.tensor([[0.6, 1.0], [-1.0, -0.6]], dtype=torch.float64)
    first, again, other = (
        surface_chains(HYPERBOLA, starts, _flat, num_draws=3, burn_in=2, source=generator(seed, "test-same")).energies
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
