"""Chains on a ladder draw the law of each rung, exchange places, and find the weight of a mean loss."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.ladder import Schedule, Valley, climb, matching_weight

CURVATURES = torch.tensor([0.5, 2.0, 40.0], dtype=torch.float64)
WEIGHTS = torch.tensor([0.0, 1.0, 4.0, 16.0], dtype=torch.float64)
NUM_CHAINS = 1000


def bowl(points: Tensor) -> tuple[Tensor, Tensor]:
    return points.square() @ CURVATURES / 2, points * CURVATURES


def means(weights: Tensor) -> Tensor:
    """Return <L> of the bowl under its law at each weight: half the sum of h / (1 + t h)."""
    return (CURVATURES / (1 + weights[:, None] * CURVATURES)).sum(1) / 2


def source() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_each_rung_has_its_law_whatever_units_steps_are_measured_in(scale: float) -> None:
    """Chains of one draw each are independent, so that their mean has a known spread: |z| < 5."""
    starts = torch.zeros(4, NUM_CHAINS, 3, dtype=torch.float64)
    found = climb(Valley(bowl, scale * CURVATURES), WEIGHTS, starts, Schedule(2, 40, 10), source=source())
    drawn = found.losses[..., -1]
    stderrs = drawn.std(1) / math.sqrt(NUM_CHAINS)
    assert float(((drawn.mean(1) - means(WEIGHTS)) / stderrs).abs().max()) < 5
    assert float(found.acceptance.min()) > 0.6
    assert float(found.exchanges.min()) > 0.1


def test_neighbours_exchange_what_the_upper_one_would_rather_have() -> None:
    """A chain that begins in a far valley gets out of it through the rung below, which no wall keeps it from."""

    def two_valleys(points: Tensor) -> tuple[Tensor, Tensor]:
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            losses = 1 - torch.exp(-8 * (points - 1).square()).sum(-1) - torch.exp(-8 * (points + 1).square()).sum(-1)
            (gradients,) = torch.autograd.grad(losses.sum(), points)
        return losses.detach(), gradients

    weights = torch.tensor([0.0, 2.0, 5.0, 12.0, 30.0], dtype=torch.float64)
    curvatures = torch.full((1,), 16.0, dtype=torch.float64)
    places = list[Tensor]()

    def watched(points: Tensor) -> tuple[Tensor, Tensor]:
        places.append(points)
        return two_valleys(points)

    climb(
        Valley(watched, curvatures),
        weights,
        torch.ones(5, 200, 1, dtype=torch.float64),
        Schedule(2, 100, 5),
        source=source(),
    )
    share = float((places[-1].view(5, 200)[-1] > 0).double().mean())
    assert abs(share - 0.5) < 5 * math.sqrt(0.25 / 200)


def test_chains_may_begin_at_draws_of_a_quadratic() -> None:
    normal = torch.randn(4, NUM_CHAINS, 3, generator=source(), dtype=torch.float64)
    drawn = Valley(bowl, CURVATURES).drawn(WEIGHTS, torch.ones(3, dtype=torch.float64), normal)
    stiffness = WEIGHTS[:, None] * CURVATURES
    deviations = drawn.mean(1) - stiffness / (1 + stiffness)
    assert float((deviations * (1 + stiffness).sqrt()).abs().max()) < 5 / math.sqrt(NUM_CHAINS)
    spread = drawn.var(1) * (1 + stiffness)
    assert float((spread - 1).abs().max()) < 5 * math.sqrt(2 / NUM_CHAINS)


def test_the_weight_of_a_mean_loss_is_found() -> None:
    starts = torch.zeros(50, 3, dtype=torch.float64)
    found = matching_weight(Valley(bowl, CURVATURES), starts, 0.05, Schedule(100, 100, 10), least=0.1, source=source())
    assert float(means(torch.tensor([found], dtype=torch.float64))) == pytest.approx(0.05, rel=0.1)
    least = matching_weight(Valley(bowl, CURVATURES), starts, 1e3, Schedule(20, 20, 5), least=0.1, source=source())
    assert least == pytest.approx(0.1)
