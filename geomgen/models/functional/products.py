"""Products of a block of vectors with the Hessian, the Gauss-Newton and the empirical Fisher matrix of a network.

A block is ``(m, D)``. The passes that do not depend on it are run once and kept for as many samples as there is room
for; for the others they are run again with each block, which costs about 1/m of a product.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import grad, vjp

from geomgen.models.functional.loss import Targets
from geomgen.models.functional.mapping import mapped
from geomgen.models.functional.mlp_products import (
    IMAGES_PER_PASS,
    MlpHessian,
    bytes_per_sample,
    chain_of,
    chunk_of,
    used_columns,
)
from geomgen.models.functional.network import NetworkFunction

NUM_KEPT = 1
"""Chunks whose passes are kept: each holds the whole graph of a gradient."""
KEPT_BYTES = 2**27
"""Of passes through a multi-layer perceptron, which hold a few numbers a unit and sample."""

Product = Callable[[Float[Tensor, "..."]], Float[Tensor, "..."]]
"""Maps a block of vectors to a block of vectors."""

Pass = TypeVar("Pass")


class _Passes(Generic[Pass]):
    """What is known about each chunk of samples before any block."""

    def __init__(self, run: Callable[..., Pass], chunks: Iterable[tuple[Tensor, ...]], num_kept: int) -> None:
        self._run, self._chunks, self._num_kept = run, list(chunks), num_kept
        self._kept: list[Pass] = []

    def __iter__(self) -> Iterator[Pass]:
        for index, chunk in enumerate(self._chunks):
            found = self._kept[index] if index < len(self._kept) else self._run(*chunk)
            if index == len(self._kept) < self._num_kept:
                self._kept.append(found)
            yield found


class Curvature:
    """Products of a block with a matrix ``(D, D)`` that is a mean over samples: a Hessian or an approximation of it."""

    def __init__(self, passes: Iterable[Product], num_samples: int) -> None:
        self._passes, self._num_samples = passes, num_samples

    @torch.no_grad()
    def __call__(self, block: Float[Tensor, "m D"]) -> Float[Tensor, "m D"]:
        """Return the products with each vector of a block."""
        total = torch.zeros_like(block)
        for product in self._passes:
            total += product(block)
        return total / self._num_samples


def hessian(
    network: NetworkFunction, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."], targets: Targets
) -> Curvature:
    """Return products with the Hessian of the mean loss with respect to theta.

    Differentiates the gradient in reverse mode, with its graph kept: H is symmetric. A multi-layer perceptron has
    faster products of its own, `MlpHessian`.

    Args:
        network: The function.
        theta: Its parameters.
        inputs: Of n samples.
        targets: As the loss takes them.
    """
    if chain_of(network):
        return Curvature([_mlp_hessian(network, theta, inputs, targets)], len(inputs))

    def run(inputs: Tensor, targets: Tensor) -> Product:
        return _of_blocks(vjp(lambda theta: grad(network.total)(theta, inputs, targets), theta)[1])

    return Curvature(_Passes(run, network.chunks(inputs, targets), NUM_KEPT), len(inputs))


def _mlp_hessian(network: NetworkFunction, theta: Tensor, inputs: Tensor, targets: Targets) -> MlpHessian:
    """Return products for a multi-layer perceptron, in chunks of their own."""
    columns, size = used_columns(inputs), min(IMAGES_PER_PASS, network.chunk_size)
    chunks = zip(inputs.split(size), torch.split(targets, size), strict=True)
    num_kept = KEPT_BYTES // (size * bytes_per_sample(network, theta, columns))
    return MlpHessian(network, columns, _Passes(partial(chunk_of, network, theta, columns), chunks, num_kept))


def gauss_newton(
    network: NetworkFunction, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."], targets: Targets
) -> Curvature:
    """Return products with the generalised Gauss-Newton matrix, (1/n) sum_i J_i^T H_i J_i.

    J_i is the Jacobian of a sample's logits with respect to theta and H_i the Hessian of its loss with respect to its
    logits; for cross-entropy this is the Fisher matrix. Arguments as for `hessian`.

    Source:
        Schraudolph (2002), Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent.
    """

    def run(inputs: Tensor, targets: Tensor) -> Product:
        def loss(logits: Tensor) -> Tensor:
            return network.loss_function(logits, targets, "sum")

        logits, forward, transposed = _linearised(lambda theta: network.outputs(theta, inputs), theta)
        curved = _of_blocks(vjp(grad(loss), logits)[1])
        return lambda block: transposed(curved(forward(block)))

    return Curvature(_Passes(run, network.chunks(inputs, targets), NUM_KEPT), len(inputs))


def empirical_fisher(
    network: NetworkFunction, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."], targets: Targets
) -> Curvature:
    """Return products with the empirical Fisher matrix, (1/n) sum_i g_i g_i^T.

    g_i is the gradient of a sample's loss with respect to theta, for its own target: not the Fisher matrix, whose
    targets are drawn from the network's predictions. Arguments as for `hessian`.

    Source:
        Kunstner, Balles and Hennig (2019), Limitations of the Empirical Fisher Approximation.
    """

    def run(inputs: Tensor, targets: Tensor) -> Product:
        _, forward, transposed = _linearised(lambda theta: network.losses_of_chunk(theta, inputs, targets), theta)
        return lambda block: transposed(forward(block))

    return Curvature(_Passes(run, network.chunks(inputs, targets), NUM_KEPT), len(inputs))


class _Linearised(NamedTuple):
    """Values of a chunk, ``(n, ...)``, and products of their Jacobian and of the transposed one with blocks."""

    values: Tensor
    forward: Product
    transposed: Product


def _linearised(function: Callable[[Tensor], Tensor], theta: Tensor) -> _Linearised:
    """Linearise a function of theta: J v is a derivative of J^T u with respect to u, so reverse mode suffices."""
    pass_ = vjp(function, theta)
    values, pull = pass_[0], pass_[1]
    push = vjp(lambda cotangent: pull(cotangent)[0], torch.zeros_like(values))[1]
    return _Linearised(values, _of_blocks(push), _of_blocks(pull))


def _of_blocks(pull: Callable[..., Any]) -> Product:
    """Return what `vjp` gave, a linear map of one vector, as one of blocks."""
    return mapped(lambda vector: pull(vector)[0])
