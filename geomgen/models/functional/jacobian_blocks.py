r"""The Jacobian of a network in parts: factors for linear maps, blocks of columns for all other parameters.

A map z = W a + b that each sample passes once has dlogit_o/dW_ij = delta_oi a_j with delta_oi = dlogit_o/dz_i. The
factors take N (fan_in + d fan_out) numbers, where the Jacobian itself takes N d fan_in fan_out.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.models.functional.network import NetworkFunction


class MapJacobian(NamedTuple):
    """The derivative of N samples' d logits with respect to a linear map's weight, and its bias if it has one.

    Attributes:
        names: Names of the parameters.
        inputs: Inputs of the map, ``(N, fan_in)``; with a last column of ones for a bias.
        deltas: Derivatives of the logits with respect to its output, ``(N, d, fan_out)``.
    """

    names: tuple[str, ...]
    inputs: Float[Tensor, "N fan_in"]
    deltas: Float[Tensor, "N d fan_out"]


class _Call(NamedTuple):
    """One pass through a map: its weight, input and output."""

    weight: Tensor
    inputs: Tensor
    outputs: Tensor


def map_jacobians(
    network: NetworkFunction, theta: Float[Tensor, " D"], inputs: Float[Tensor, "N ..."]
) -> list[MapJacobian]:
    """Return the Jacobian with respect to each linear map that every sample passes once as one vector, in factors.

    Whether a map's factors give the weight's gradient is checked on one combination of the logits of each chunk; a map
    that fails, such as one whose weight is also used elsewhere, is left out.

    Args:
        network: The function.
        theta: Parameters.
        inputs: Of N samples.
    """
    chunks = [_of_chunk(network, theta, chunk) for (chunk,) in network.chunks(inputs)]
    common = [name for name in chunks[0] if all(name in chunk for chunk in chunks)]
    return [_joined(network, name, [chunk[name] for chunk in chunks]) for name in common]


def _joined(network: NetworkFunction, name: str, factors: Sequence[tuple[Tensor, Tensor]]) -> MapJacobian:
    inputs, deltas = (torch.cat(parts) for parts in zip(*factors, strict=True))
    names = tuple(f"{name}.{part}" for part in ("weight", "bias") if f"{name}.{part}" in network.layout.shapes)
    if len(names) == 2:
        inputs = torch.cat([inputs, torch.ones_like(inputs[:, :1])], 1)
    return MapJacobian(names, inputs, deltas)


@torch.enable_grad()
def _of_chunk(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
    """Return inputs and deltas of each map of a chunk by module path."""
    logits, calls = _watched(network, theta.detach().requires_grad_(), inputs)
    if not calls:
        return {}
    num_samples, num_outputs = logits.shape
    each = torch.eye(num_outputs, dtype=logits.dtype, device=logits.device)
    deltas = torch.autograd.grad(
        logits,
        [call.outputs for call in calls.values()],
        each[:, None].expand(-1, num_samples, -1),
        is_grads_batched=True,
        retain_graph=True,
    )
    combination = torch.randn(logits.shape, generator=torch.Generator().manual_seed(0)).to(logits)
    gradients = torch.autograd.grad(logits, [call.weight for call in calls.values()], combination)
    return {
        name: (call.inputs.detach(), delta.transpose(0, 1))
        for (name, call), delta, gradient in zip(calls.items(), deltas, gradients, strict=True)
        if _gives(gradient, call.inputs.detach(), torch.einsum("no,oni->ni", combination, delta))
    }


def _gives(gradient: Tensor, inputs: Tensor, delta: Tensor) -> bool:
    """Return whether factors give a gradient, up to rounding."""
    error = torch.linalg.vector_norm(delta.T @ inputs - gradient)
    return bool(error <= torch.finfo(gradient.dtype).eps ** 0.5 * torch.linalg.vector_norm(gradient))


def _watched(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> tuple[Tensor, dict[str, _Call]]:
    """Return logits, and the call of each linear map that is called once with one vector per sample."""
    calls: dict[str, list[_Call]] = {}

    def hook(name: str, module: nn.Linear) -> torch.utils.hooks.RemovableHandle:
        return module.register_forward_hook(
            lambda _module, taken, given: calls.setdefault(name, []).append(_Call(module.weight, taken[0], given))
        )

    handles = [hook(name, module) for name, module in network.linear_maps().items()]
    try:
        logits = network.outputs(theta, inputs)
    finally:
        for handle in handles:
            handle.remove()
    once = {name: found[0] for name, found in calls.items() if len(found) == 1}
    return logits, {name: call for name, call in once.items() if call.inputs.shape[:-1] == inputs.shape[:1]}


def other_parameters(network: NetworkFunction, maps: list[MapJacobian]) -> list[str]:
    """Return the names of the parameters that are not in factored maps."""
    factored = {name for part in maps for name in part.names}
    return [name for name in network.layout.shapes if name not in factored]


def column_blocks(
    network: NetworkFunction,
    theta: Float[Tensor, " D"],
    inputs: Float[Tensor, "N ..."],
    names: Sequence[str],
    max_numel: int,
) -> Iterator[Float[Tensor, "Nd columns"]]:
    """Yield the columns of the Jacobian that belong to some parameters, in blocks.

    Args:
        network: The function.
        theta: ``(D,)``.
        inputs: ``(N, ...)``.
        names: Names of the parameters.
        max_numel: Largest size of a block, and of the part of the Jacobian that is computed at a time; a single
            sample's Jacobian with respect to a single parameter may be larger.
    """
    with torch.no_grad():
        num_outputs = network.outputs(theta, inputs[:1]).shape[1]
    width = max(1, max_numel // (len(inputs) * num_outputs))
    for group in _groups(network, names, width):
        numel = sum(network.layout.shapes[name].numel() for name in group)
        samples = max(1, max_numel // (num_outputs * numel))
        for start in range(0, numel, width):
            parts = [
                network.jacobian_by(group, theta, chunk)[..., start : start + width] for chunk in inputs.split(samples)
            ]
            yield torch.cat(parts).flatten(0, 1)


def _groups(network: NetworkFunction, names: Sequence[str], width: int) -> Iterator[list[str]]:
    """Yield names in order, in groups of limited total size; a larger parameter is alone."""
    group, numel = list[str](), 0
    for name in names:
        own = network.layout.shapes[name].numel()
        if group and numel + own > width:
            yield group
            group, numel = [], 0
        group, numel = [*group, name], numel + own
    if group:
        yield group
