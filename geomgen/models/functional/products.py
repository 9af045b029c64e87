r"""Products of a block of vectors with the Hessian, Gauss-Newton and Fisher matrix and the Jacobian of a network.

With one vector of parameters ``(D,)``, a block is ``(m, D)``; with K of them, ``(K, D)``, it is ``(K, m, D)``. For one
vector the passes that do not depend on the block are run once and kept for the first chunks of samples. For the other
chunks, and for many vectors, they are rerun with each block, which costs about 1/m of a product.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.func import grad, vjp

from geomgen.models.functional.loss import Targets
from geomgen.models.functional.mapping import mapped
from geomgen.models.functional.mlp_products import IMAGES_PER_PASS, MlpHessian, chain_of, chunk_of, used_columns
from geomgen.models.functional.network import NetworkFunction

NUM_KEPT = 1

Product = Callable[[Float[Tensor, "..."]], Float[Tensor, "..."]]
"""Maps a block of vectors to a block of vectors."""

Pass = TypeVar("Pass")


class _Passes(Generic[Pass]):
    """What is known about each chunk of samples before any block."""

    def __init__(self, run: Callable[..., Pass], chunks: Sequence[tuple[Tensor, ...]], num_kept: int) -> None:
        self._run, self._chunks, self._num_kept = run, chunks, num_kept
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
    def __call__(self, block: Float[Tensor, "*K m D"]) -> Float[Tensor, "*K m D"]:
        """Return the products with each vector of a block."""
        total = torch.zeros_like(block)
        for product in self._passes:
            total += product(block)
        return total / self._num_samples


def hessian(
    network: NetworkFunction,
    theta: Float[Tensor, "*K D"],
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
    *,
    num_kept: int = NUM_KEPT,
) -> Curvature:
    """Return products with the Hessian of the mean loss with respect to theta.

    Differentiates the gradient in reverse mode, with its graph kept: H is symmetric. One vector of a multi-layer
    perceptron has faster products of its own, `MlpHessian`.

    Args:
        network: The function.
        theta: One vector or K of them.
        inputs: Of n samples.
        targets: As the loss takes them.
        num_kept: Chunks whose passes are kept in memory.
    """
    if theta.dim() == 1 and chain_of(network):
        return Curvature([_mlp_hessian(network, theta, inputs, targets, num_kept)], len(inputs))

    def run(inputs: Tensor, targets: Tensor) -> Product:
        def of_one(theta: Tensor) -> Product:
            return _of_blocks(vjp(lambda theta: grad(network.total)(theta, inputs, targets), theta)[1])

        return _for_each(of_one, theta)

    return Curvature(_Passes(run, list(network.chunks(inputs, targets)), num_kept), len(inputs))


def _mlp_hessian(
    network: NetworkFunction, theta: Tensor, inputs: Tensor, targets: Targets, num_kept: int
) -> MlpHessian:
    """Return products for a multi-layer perceptron, in chunks of their own that keep as many samples as others do."""
    columns, size = used_columns(inputs), min(IMAGES_PER_PASS, network.chunk_size)
    chunks = list(zip(inputs.split(size), torch.split(targets, size), strict=True))
    kept = num_kept * -(-network.chunk_size // size)
    return MlpHessian(network, columns, _Passes(partial(chunk_of, network, theta, columns), chunks, kept))


def gauss_newton(
    network: NetworkFunction,
    theta: Float[Tensor, "*K D"],
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
    *,
    num_kept: int = NUM_KEPT,
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

        def of_one(theta: Tensor) -> Product:
            logits, forward, transposed = _linearised(lambda theta: network.outputs(theta, inputs), theta)
            curved = _of_blocks(vjp(grad(loss), logits)[1])
            return lambda block: transposed(curved(forward(block)))

        return _for_each(of_one, theta)

    return Curvature(_Passes(run, list(network.chunks(inputs, targets)), num_kept), len(inputs))


def empirical_fisher(
    network: NetworkFunction,
    theta: Float[Tensor, "*K D"],
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
    *,
    num_kept: int = NUM_KEPT,
) -> Curvature:
    """Return products with the empirical Fisher matrix, (1/n) sum_i g_i g_i^T.

    g_i is the gradient of a sample's loss with respect to theta, for its own target: not the Fisher matrix, whose
    targets are drawn from the network's predictions. Arguments as for `hessian`.

    Source:
        Kunstner, Balles and Hennig (2019), Limitations of the Empirical Fisher Approximation.
    """

    def run(inputs: Tensor, targets: Tensor) -> Product:
        def of_one(theta: Tensor) -> Product:
            def losses(theta: Tensor) -> Tensor:
                return network.losses_of_chunk(theta, inputs, targets)

            _, forward, transposed = _linearised(losses, theta)
            return lambda block: transposed(forward(block))

        return _for_each(of_one, theta)

    return Curvature(_Passes(run, list(network.chunks(inputs, targets)), num_kept), len(inputs))


class Jacobian:
    """Products of blocks with the derivative of the logits of n samples with respect to theta, ``(n d, D)``.

    Args:
        network: The function.
        theta: One vector or K of them.
        inputs: Of n samples.
        num_kept: Chunks whose passes are kept in memory.
    """

    def __init__(
        self,
        network: NetworkFunction,
        theta: Float[Tensor, "*K D"],
        inputs: Float[Tensor, "n ..."],
        *,
        num_kept: int = NUM_KEPT,
    ) -> None:
        self._chunk_size = network.chunk_size
        self._theta = theta
        self._passes = _Passes(partial(_products_with_jacobian, network, theta), list(network.chunks(inputs)), num_kept)

    @torch.no_grad()
    def products(self, block: Float[Tensor, "*K m D"]) -> Float[Tensor, "*K m n d"]:
        """Return J v for each v of a block."""
        return torch.cat([forward(block) for forward, _ in self._passes], -2)

    @torch.no_grad()
    def transposed_products(self, block: Float[Tensor, "*K m n d"]) -> Float[Tensor, "*K m D"]:
        """Return J^T u for each u of a block."""
        shape = (*block.shape[:-2], self._theta.shape[-1])
        total = torch.zeros(shape, dtype=self._theta.dtype, device=self._theta.device)
        for (_, transposed), part in zip(self._passes, block.split(self._chunk_size, -2), strict=True):
            total += transposed(part)
        return total


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


def _products_with_jacobian(network: NetworkFunction, theta: Tensor, inputs: Tensor) -> tuple[Product, Product]:
    """Return products of the Jacobian of a chunk and of the transposed one, from one linearisation if theta is one."""

    def linearised(theta: Tensor) -> _Linearised:
        return _linearised(lambda theta: network.outputs(theta, inputs), theta)

    if theta.dim() == 1:
        return linearised(theta)[1:]
    return (
        _for_each(lambda theta: linearised(theta).forward, theta),
        _for_each(lambda theta: linearised(theta).transposed, theta),
    )


def _of_blocks(pull: Callable[..., Any]) -> Product:
    """Return what `vjp` gave, a linear map of one vector, as one of blocks."""
    return mapped(lambda vector: pull(vector)[0])


def _for_each(of_one: Callable[[Tensor], Product], theta: Tensor) -> Product:
    """Return the product at one vector, or at each of many.

    With many, everything that is differentiated is inside vmap: the gradient of a layer normalisation that has been
    mapped is differentiated wrongly by torch 2.13.
    """
    if theta.dim() == 1:
        return of_one(theta)
    of_each = mapped(lambda theta, block: of_one(theta)(block), (0, 0))
    return lambda blocks: of_each(theta, blocks)
