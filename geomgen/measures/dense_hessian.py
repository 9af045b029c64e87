r"""The Hessian of a small network's loss as a whole, faster than by its products with unit vectors.

A linear map s = W a + b that each sample passes once is shifted by e = dW a + db if its parameters move by dW and db.
With L_ij the second derivative of a sample's loss with respect to shifts of maps i and j, d_i the first, and J_ij the
derivative of the input of map i with respect to a shift of an earlier map j, the loss changes to second order by

    1/2 sum_ij e_i^T L_ij e_j + sum_i d_i^T dW_i sum_j J_ij e_j,

so that as many backward passes are needed as the maps have units and inputs, not as many as they have parameters.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.numerics.dense import dense_matrix

TOLERANCE = 1e-8


class _Map(NamedTuple):
    """A linear map in one pass of n samples.

    Attributes:
        places: Positions in theta of each unit's weights and bias, ``(units, inputs)``.
        inputs: Its inputs, with a last column of ones for a bias, ``(n, inputs)``.
        shift: Zeros that were added to its outputs, ``(n, units)``.
    """

    places: Tensor
    inputs: Tensor
    shift: Tensor


class _Derivatives(NamedTuple):
    """First and second derivatives of each sample's loss with respect to shifts, and of each map's inputs."""

    first: list[Tensor]
    second: list[list[Tensor]]
    inputs: list[list[Tensor]]


def dense_hessian(
    network: NetworkFunction, theta: Float64[Tensor, " D"], inputs: Float64[Tensor, "n ..."], targets: Targets
) -> Float64[Tensor, "D D"]:
    """Return the Hessian of the mean loss with respect to theta.

    From shifts of linear maps if these hold all parameters and every sample passes each of them once; otherwise from
    products with unit vectors.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of n samples.
        targets: As the loss takes them.
    """
    found = [_of_chunk(network, theta, *chunk) for chunk in network.chunks(inputs, targets)]
    whole = [one for one in found if one is not None]
    if len(whole) < len(found):
        return dense_matrix(hessian(network, theta, inputs, targets), len(theta), device=theta.device)
    return sum(whole[1:], whole[0]) / len(inputs)


@torch.enable_grad()
def _of_chunk(network: NetworkFunction, theta: Tensor, inputs: Tensor, targets: Tensor) -> Tensor | None:
    """Return the Hessian of a chunk's summed loss; None if shifts do not give all of it."""
    theta = theta.detach().requires_grad_()
    logits, maps = _shifted(network, theta, inputs)
    if sum(one.places.numel() for one in maps) != len(theta):
        return None
    loss = network.loss_function(logits, targets, "sum")
    (gradient,) = torch.autograd.grad(loss, theta, retain_graph=True)
    found = _derivatives(loss, maps)
    return _in_place(maps, found) if _give(gradient, maps, found.first) else None


def _in_place(maps: Sequence[_Map], found: _Derivatives) -> Tensor:
    """Return the Hessian from its blocks, on and below the diagonal, of pairs of maps."""
    order = torch.cat([one.places.flatten() for one in maps])
    by_map = torch.zeros(len(order), len(order), dtype=maps[0].inputs.dtype, device=order.device)
    ends = [0, *accumulate(one.places.numel() for one in maps)]
    for later in range(len(maps)):
        for earlier in range(later + 1):
            rows, columns = (slice(ends[place], ends[place + 1]) for place in (later, earlier))
            by_map[rows, columns] = _block(maps[later], maps[earlier], found, later, earlier)
    lower = by_map.tril()
    back = order.argsort()
    return (lower + lower.tril(-1).T)[back][:, back]


def _shifted(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> tuple[Tensor, list[_Map]]:
    """Return the logits and the linear maps that are called once with one vector per sample, in the order of calls."""
    calls: dict[str, list[_Map]] = {}
    places = network.layout.named(torch.arange(len(theta), device=theta.device))

    def hook(name: str, module: nn.Linear) -> torch.utils.hooks.RemovableHandle:
        return module.register_forward_hook(
            lambda _module, taken, given: _note(calls.setdefault(name, []), places, name, taken[0], given)
        )

    handles = [hook(name, module) for name, module in network.linear_maps().items()]
    try:
        logits = network.outputs(theta, inputs)
    finally:
        for handle in handles:
            handle.remove()
    return logits, [found[0] for found in calls.values() if len(found) == 1 and found[0].inputs.dim() == 2]


def _note(calls: list[_Map], places: dict[str, Tensor], name: str, taken: Tensor, given: Tensor) -> Tensor:
    """Note a call of a map and return its output, shifted."""
    shift = torch.zeros_like(given, requires_grad=True)
    of_units = [places[f"{name}.weight"]]
    if f"{name}.bias" in places:
        of_units.append(places[f"{name}.bias"][:, None])
        taken = torch.cat([taken, torch.ones_like(taken[..., :1])], -1)
    calls.append(_Map(torch.cat(of_units, 1), taken, shift))
    return given + shift


def _derivatives(loss: Tensor, maps: Sequence[_Map]) -> _Derivatives:
    shifts = [one.shift for one in maps]
    first = torch.autograd.grad(loss, shifts, create_graph=True)
    second = [_jacobians(one, shifts) for one in first]
    inputs = [_jacobians(one.inputs, shifts) if one.inputs.requires_grad else [] for one in maps]
    return _Derivatives([one.detach() for one in first], second, inputs)


def _jacobians(outputs: Tensor, shifts: Sequence[Tensor]) -> list[Tensor]:
    """Return derivatives of each sample's outputs ``(n, outputs)`` by its shifts, each ``(n, outputs, units)``."""
    size = outputs.shape[1]
    each = torch.eye(size, dtype=outputs.dtype, device=outputs.device)[:, None].expand(-1, len(outputs), -1)
    found = torch.autograd.grad(
        outputs, shifts, each, retain_graph=True, is_grads_batched=True, allow_unused=True, materialize_grads=True
    )
    return [one.transpose(0, 1) for one in found]


def _give(gradient: Tensor, maps: Sequence[_Map], first: Sequence[Tensor]) -> bool:
    """Return whether shifts account for the whole gradient: a weight that is also used elsewhere has more."""
    found = torch.empty_like(gradient)
    for one, slope in zip(maps, first, strict=True):
        found[one.places] = slope.T @ one.inputs.detach()
    return bool((found - gradient).norm() <= TOLERANCE * gradient.norm())


def _block(one: _Map, other: _Map, found: _Derivatives, later: int, earlier: int) -> Tensor:
    """Return the second derivatives with respect to the parameters of two maps, ``(parameters, parameters)``."""
    left, right = one.inputs.detach(), other.inputs.detach()
    block = _contracted(left, right, found.second[later][earlier])
    if later != earlier and found.inputs[later]:
        block += _contracted(found.first[later], right, found.inputs[later][earlier]).transpose(0, 1)
    return block.reshape(one.places.numel(), other.places.numel())


def _contracted(left: Tensor, right: Tensor, between: Tensor) -> Tensor:
    """Return sum_n left_ni right_nj between_nkl as ``(k, i, l, j)``, by one product of matrices."""
    count = len(left)
    outer = torch.einsum("ni,nj->nij", left, right).view(count, -1)
    product = between.reshape(count, -1).T @ outer
    return product.view(*between.shape[1:], left.shape[1], right.shape[1]).permute(0, 2, 1, 3)
