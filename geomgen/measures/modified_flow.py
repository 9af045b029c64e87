"""Does a gradient-descent step follow the flow of E + (h/4) |grad E|^2? Orders of the error in the step size h."""

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from torch import Tensor

from geomgen.config.modified_flow import PRODUCT, ModifiedFlowConfig
from geomgen.errors import UsageError
from geomgen.numerics.fit import fitted_line
from geomgen.numerics.seeds import generator
from geomgen.tables.derivatives import ModifiedFlowOrderRow, ModifiedFlowRow

CORRECTIONS = (0.0, 0.5, 1.0, 2.0)
START, TARGET = (2.8, 3.5), 0.6
NUM_INPUTS = 4
RELATIVE_TOLERANCE, ABSOLUTE_TOLERANCE = 1e-13, 1e-15
MAX_CALLS = 2000
SMALLEST_RESOLVED = 1e3 * float(np.finfo(float).eps)

Loss = Callable[[Float64[Tensor, " m"]], Float64[Tensor, ""]]


def modified_flow(config: ModifiedFlowConfig) -> tuple[list[ModifiedFlowRow], list[ModifiedFlowOrderRow]]:
    """Compare single gradient-descent steps with flows, at step sizes that are halved repeatedly.

    theta - h grad E differs from gradient flow for the time h by O(h^2), and from the flow of E + (h/4) |grad E|^2 by
    O(h^3). Flows with half and with twice that term serve as controls: they differ by O(h^2).

    Args:
        config: With the largest step filled in.

    Returns:
        One row per flow and step size, and one row per flow with the fitted order.

    Raises:
        UsageError: If a flow cannot be followed, as the step is too large, or fewer than three errors are above
            rounding.

    Source:
        Barrett and Dherin (2020), Implicit Gradient Regularization, theorem 3.1; backward error analysis.
    """
    loss, start = _product(config.device) if config.problem == PRODUCT else _network(config)
    rows, orders = [], []
    for correction in CORRECTIONS:
        found = _errors(config, loss, start, correction)
        rows += found
        orders.append(_order(found, len(start)))
    return rows, orders


def _product(device: str) -> tuple[Loss, Tensor]:
    def loss(point: Tensor) -> Tensor:
        return (TARGET - point[0] * point[1]).square() / 2

    return loss, torch.tensor(START, dtype=torch.float64, device=device)


def _network(config: ModifiedFlowConfig) -> tuple[Loss, Tensor]:
    """Return the mean squared error of v tanh(W x) on normal data; W and v have variance 1 over their fan-in."""
    source = generator(config.seed, "modified-flow")
    inputs = torch.randn(config.samples, NUM_INPUTS, generator=source, dtype=torch.float64)
    targets = torch.randn(config.samples, generator=source, dtype=torch.float64)
    hidden = torch.randn(config.width, NUM_INPUTS, generator=source, dtype=torch.float64) / math.sqrt(NUM_INPUTS)
    output = torch.randn(config.width, generator=source, dtype=torch.float64) / math.sqrt(config.width)
    inputs, targets, hidden, output = (drawn.to(config.device) for drawn in (inputs, targets, hidden, output))

    def loss(point: Tensor) -> Tensor:
        weights, readout = point[: hidden.numel()].view_as(hidden), point[hidden.numel() :]
        return (torch.tanh(inputs @ weights.T) @ readout - targets).square().mean() / 2

    return loss, torch.cat([hidden.flatten(), output])


def _errors(config: ModifiedFlowConfig, loss: Loss, start: Tensor, correction: float) -> list[ModifiedFlowRow]:
    if config.largest_step is None:
        raise ValueError("the largest step is not filled in")
    rows: list[ModifiedFlowRow] = []
    for halving in range(config.halvings + 1):
        step_size = config.largest_step / 2**halving
        error = step_error(loss, start, step_size, correction)
        rows.append(
            ModifiedFlowRow(
                problem=config.problem,
                correction=correction,
                step_size=step_size,
                error=error,
                order=math.log2(rows[-1].error / error) if rows and rows[-1].error and error else None,
                resolved=error > SMALLEST_RESOLVED * float(start.norm()),
            )
        )
    return rows


def step_error(loss: Loss, start: Float64[Tensor, " m"], step_size: float, correction: float) -> float:
    """Return how far one gradient-descent step ends from the flow of E + c (h/4) |grad E|^2 for the time h.

    Args:
        loss: E, of a vector, twice differentiable.
        start: Where the step begins.
        step_size: h.
        correction: c.

    Raises:
        UsageError: If the flow cannot be followed.
    """

    def follow(_time: float, point: NDArray[np.float64]) -> NDArray[np.float64]:
        if next(calls) == MAX_CALLS:
            raise UsageError(*too_stiff)
        at = torch.from_numpy(point).to(start.device)
        return -_gradient(loss, at, correction * step_size / 4).numpy(force=True)

    too_stiff = f"The flow cannot be followed for the time {step_size:g}.", "Choose a smaller --largest-step."
    calls = itertools.count()
    end = start - step_size * _gradient(loss, start)
    flow = solve_ivp(
        follow, (0.0, step_size), start.numpy(force=True), "DOP853", rtol=RELATIVE_TOLERANCE, atol=ABSOLUTE_TOLERANCE
    )
    if not flow.success or not np.isfinite(flow.y).all():
        raise UsageError(*too_stiff)
    return float(np.linalg.norm(end.numpy(force=True) - flow.y[:, -1]))


def _gradient(loss: Loss, point: Tensor, weight: float = 0.0) -> Tensor:
    """Return the gradient of E + weight |grad E|^2 at a point."""
    point = point.detach().requires_grad_()
    (first,) = torch.autograd.grad(loss(point), [point], create_graph=bool(weight))
    if not weight:
        return first
    return first.detach() + weight * torch.autograd.grad(first.square().sum(), [point])[0]


def _order(rows: Sequence[ModifiedFlowRow], num_parameters: int) -> ModifiedFlowOrderRow:
    resolved = [row for row in rows if row.resolved]
    if len(resolved) < 3:
        raise UsageError(
            f"Of {len(rows)} errors only {len(resolved)} are above rounding; fitting an order takes 3.",
            f"Choose a larger --largest-step than {rows[0].step_size:g}.",
        )
    fit, _ = fitted_line([math.log(row.step_size) for row in resolved], [math.log(row.error) for row in resolved])
    return ModifiedFlowOrderRow(
        problem=rows[0].problem,
        correction=rows[0].correction,
        order=fit.value,
        order_stderr=fit.stderr,
        order_low=fit.low,
        order_high=fit.high,
        order_theory=3.0 if rows[0].correction == 1 else 2.0,
        num_steps=len(resolved),
        num_parameters=num_parameters,
    )
