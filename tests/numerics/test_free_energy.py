"""Free energies and masses of sublevel sets against closed forms, with their error bars."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.free_energy import (
    FEWEST_RUNGS,
    free_energies,
    integration_weights,
    ladder_of,
    log_mass_below,
)
from geomgen.theory.volume import isotropic_log_mass

CURVATURES = torch.linspace(0.5, 2, 20, dtype=torch.float64)
GAMMA = 100.0


def draws(weights: Tensor, dim: int, num_chains: int, num_draws: int, seed: int) -> Tensor:
    """Return independent draws of |z|^2/2 under exp(-t |z|^2/2) times the standard normal law."""
    source = torch.Generator().manual_seed(seed)
    normal = torch.randn(len(weights), num_chains, num_draws, dim, generator=source, dtype=torch.float64)
    return normal.square().sum(-1) / (2 * (1 + weights[:, None, None]))


def exact(weights: Tensor) -> Tensor:
    return (1 + weights[:, None] * CURVATURES / GAMMA).log().sum(1) / 2


def test_the_rule_integrates_what_a_quadratic_needs_to_its_stated_error() -> None:
    ladder = ladder_of(0.01, 144.765, 25)
    means = (CURVATURES / GAMMA / (1 + ladder[:, None] * CURVATURES / GAMMA)).sum(1) / 2
    around = torch.tensor([1 - 1e-9, 1, 1 + 1e-9, 1, 1, 1 + 1e-9, 1, 1 - 1e-9], dtype=torch.float64).view(2, 4)
    found = free_energies(ladder, means[:, None, None] * around)
    assert float(exact(ladder)[-1]) == pytest.approx(10.0404, abs=5e-5)
    assert found[0] == (0.0, 0.0, 0.0)
    for energy, wanted in zip(found[1:], exact(ladder)[1:].tolist(), strict=True):
        assert abs(energy.value - wanted) <= energy.quadrature_error + 1e-4
    assert found[-1].quadrature_error < 5e-3


def test_weights_add_up_to_the_length_of_the_ladder_in_the_limit_of_many_rungs() -> None:
    for count in (FEWEST_RUNGS, 101):
        ladder = ladder_of(0.1, 20.0, count)
        assert float(integration_weights(ladder).sum()) == pytest.approx(20, rel=0.2 / count)
    with pytest.raises(ValueError, match="10 rungs: their number must be odd"):
        ladder_of(0.1, 20.0, 10)


def test_error_bars_cover_the_mass() -> None:
    """The errors of 40 repeats, in standard errors, have a variance near 1: within 5 of its own deviations."""
    dim, tolerance, repeats = 12, 0.02, 40
    ladder = ladder_of(0.05, dim / 2 / tolerance - 1, FEWEST_RUNGS)
    wanted, scores = isotropic_log_mass(dim, 1.0, 1.0, tolerance), []
    for seed in range(repeats):
        found = log_mass_below(ladder, draws(ladder, dim, 4, 60, seed), tolerance)
        assert found is not None
        scores.append((found.value - wanted.value) / found.mean.stderr)
    assert sum(score**2 for score in scores) / repeats == pytest.approx(1, abs=5 * math.sqrt(2 / repeats))


@pytest.mark.parametrize(("dim", "tolerance"), [(2, 0.1), (2, 1.0), (12, 0.02), (12, 4.0), (12, 10.0), (200, 1.0)])
def test_the_mass_and_its_slope_are_those_of_a_ball(dim: int, tolerance: float) -> None:
    """Of equal curvatures, whose mass is a chi-squared law's lower tail, a power of the tolerance or not: |z| < 5."""
    ladder = ladder_of(0.05, max(dim / 2 / tolerance - 1, 0.2), 25)
    losses = draws(ladder, dim, 8, 500, seed=1)
    wanted, found = isotropic_log_mass(dim, 1.0, 1.0, tolerance), log_mass_below(ladder, losses, tolerance)
    assert found is not None
    assert found.mean.stderr < 0.2
    assert found.mean.is_mixed
    assert abs(found.value - wanted.value) < 5 * found.mean.stderr
    assert abs(found.slope - wanted.slope) < 5 * found.slope_stderr
    assert found.slope_stderr < 0.1 * wanted.slope
    assert log_mass_below(ladder, losses + 10 * tolerance, tolerance) is None


@pytest.mark.parametrize(("dim", "tolerance"), [(2, 1.0), (12, 0.02), (12, 8.0)])
def test_error_bars_cover_the_slope(dim: int, tolerance: float) -> None:
    """As those of the mass, with what the kernel's width adds: a variance within 5 of its own deviations of 1."""
    repeats, ladder = 40, ladder_of(0.05, max(dim / 2 / tolerance - 1, 0.2), FEWEST_RUNGS)
    wanted, scores = isotropic_log_mass(dim, 1.0, 1.0, tolerance), []
    for seed in range(repeats):
        found = log_mass_below(ladder, draws(ladder, dim, 4, 200, seed), tolerance)
        assert found is not None
        scores.append((found.slope - wanted.slope) / found.slope_stderr)
    assert sum(score**2 for score in scores) / repeats == pytest.approx(1, abs=5 * math.sqrt(2 / repeats))
    assert abs(sum(scores)) / math.sqrt(repeats) < 5
