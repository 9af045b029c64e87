"""The flow that gradient descent follows: orders that are known, and a quadratic whose flows have closed forms."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.config.modified_flow import ModifiedFlowConfig
from geomgen.errors import UsageError
from geomgen.measures.modified_flow import modified_flow, step_error


@pytest.mark.parametrize("problem", ["product", "network"])
def test_halving_the_step_divides_the_error_by_4_and_with_the_correction_by_8(problem: str) -> None:
    rows, orders = modified_flow(ModifiedFlowConfig(problem=problem).filled())
    assert [row.correction for row in orders] == [0.0, 0.5, 1.0, 2.0]
    for order in orders:
        assert order.order == pytest.approx(order.order_theory, abs=0.1)
        assert order.order_low < order.order < order.order_high
        assert order.num_steps == 7
        smallest = [row for row in rows if row.correction == order.correction][-1]
        assert smallest.order == pytest.approx(order.order_theory, abs=0.01)


def test_of_a_quadratic_the_errors_are_those_of_exponentials() -> None:
    curvature, step = 3.0, 0.05

    def loss(point: Tensor) -> Tensor:
        return curvature * point.square().sum() / 2

    start = torch.tensor([1.0, -2.0], dtype=torch.float64)
    for correction in (0.0, 1.0):
        rate = curvature * (1 + correction * step * curvature / 2)
        expected = abs(1 - step * curvature - math.exp(-rate * step)) * math.sqrt(5)
        assert step_error(loss, start, step, correction) == pytest.approx(expected, rel=1e-9)


def test_errors_that_vanish_in_rounding_are_not_fitted() -> None:
    rows, orders = modified_flow(ModifiedFlowConfig(largest_step=1e-4, halvings=6))
    corrected = [row for row in rows if row.correction == 1]
    assert [row.resolved for row in corrected] == [True, True, True, True, True, False, False]
    assert all(row.error < 1e-11 for row in corrected if not row.resolved)
    assert orders[2].num_steps == 5
    with pytest.raises(UsageError, match=r"only 0 are above rounding; fitting an order takes 3. Choose a larger"):
        modified_flow(ModifiedFlowConfig(largest_step=1e-9, halvings=2))


def test_another_seed_is_another_network() -> None:
    first, again, other = (
        modified_flow(ModifiedFlowConfig(problem="network", halvings=2, seed=seed).filled())[0] for seed in (0, 0, 1)
    )
    assert first == again != other
