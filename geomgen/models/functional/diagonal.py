r"""Diagonals of matrices that are sums of outer products of gradients, exactly and in O(D) memory.

A matrix (1/n) sum_i J_i^T S_i S_i^T J_i, with J_i the Jacobian of a sample's d logits, has the diagonal
(1/n) sum_i sum_k (J_i^T s_ik)^2. For the Gauss-Newton matrix S_i S_i^T is the Hessian of a sample's loss with respect
to its logits, and for the empirical Fisher matrix S_i is its gradient.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import grad, jacrev, vmap

from geomgen.models.functional.jacobian_blocks import MapJacobian, column_blocks, map_jacobians, other_parameters
from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Block, Network

BLOCK_NUMEL = 2**25
PIECEWISE_LINEAR = (
    *(Network, Block, nn.Linear, nn.Conv2d, nn.ReLU, nn.Flatten),
    *(nn.MaxPool2d, nn.AvgPool2d, nn.BatchNorm1d, nn.Identity),
)

Roots = Callable[[NetworkFunction, Float[Tensor, "n d"], Targets], Float[Tensor, "n d r"]]
"""Returns S_i of each sample from its logits and target."""


def is_piecewise_linear(network: NetworkFunction) -> bool:
    """Return whether logits are piecewise linear in each parameter: then the Hessian has the Gauss-Newton diagonal.

    Along one parameter the logits have no second derivative, since each parameter is used once. A user's own network
    may use one twice, so that nothing is said of it.
    """
    return all(type(module) in PIECEWISE_LINEAR for module in network.stand_in.modules())


@torch.no_grad()
def gauss_newton_roots(
    network: NetworkFunction, logits: Float[Tensor, "n d"], targets: Targets
) -> Float[Tensor, "n d d"]:
    """Return a root of the Hessian of each sample's loss with respect to its logits, which is not negative."""

    def of_one(logits: Tensor, target: Tensor) -> Tensor:
        return network.loss_function(logits[None], target[None], "sum")

    values, vectors = torch.linalg.eigh(vmap(jacrev(grad(of_one)))(logits, targets))
    roots: Tensor = vectors * values.clamp(min=0).sqrt()[:, None]
    return roots


@torch.no_grad()
def fisher_roots(network: NetworkFunction, logits: Float[Tensor, "n d"], targets: Targets) -> Float[Tensor, "n d 1"]:
    """Return the gradient of each sample's loss with respect to its logits."""
    gradient: Tensor = grad(lambda logits: network.loss_function(logits, targets, "sum"))(logits)
    return gradient[..., None]


def diagonal(
    network: NetworkFunction,
    theta: Float[Tensor, " D"],
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
    roots: Roots,
) -> Float[Tensor, " D"]:
    """Return the diagonal of (1/n) sum_i J_i^T S_i S_i^T J_i.

    One backward pass per logit gives the factors of linear maps; the Jacobian with respect to other parameters is
    formed in blocks.

    Args:
        network: The function.
        theta: ``(D,)``.
        inputs: Of n samples.
        targets: As the loss takes them.
        roots: S.
    """
    total = torch.zeros_like(theta)
    parts = network.layout.named(total)
    for chunk, wanted in network.chunks(inputs, targets):
        with torch.no_grad():
            logits = network.outputs(theta, chunk)
        factors = roots(network, logits, wanted)
        maps = map_jacobians(network, theta, chunk)
        for part in maps:
            _add_map(parts, part, factors)
        _add_others(parts, network, theta, chunk, other_parameters(network, maps), factors)
    return total / len(inputs)


def _add_map(parts: dict[str, Tensor], part: MapJacobian, factors: Tensor) -> None:
    squares = torch.einsum("ndr,ndo->nro", factors, part.deltas).square().sum(1)
    found = squares.T @ part.inputs.square()
    fan_in = parts[part.names[0]].shape[1]
    for name, square in zip(part.names, (found[:, :fan_in], found[:, fan_in:].flatten()), strict=False):
        parts[name] += square


def _add_others(
    parts: dict[str, Tensor],
    network: NetworkFunction,
    theta: Tensor,
    inputs: Tensor,
    names: list[str],
    factors: Tensor,
) -> None:
    blocks = column_blocks(network, theta, inputs, names, BLOCK_NUMEL)
    squares = [_square_sums(block.view(*factors.shape[:2], -1), factors) for block in blocks]
    if squares:
        sizes = [parts[name].numel() for name in names]
        for name, square in zip(names, torch.cat(squares).split(sizes), strict=True):
            parts[name] += square.view_as(parts[name])


def _square_sums(block: Tensor, factors: Tensor) -> Tensor:
    return torch.einsum("ndr,ndc->nrc", factors, block).square().sum((0, 1))
