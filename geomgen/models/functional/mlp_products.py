r"""Products of a block of vectors with the Hessian of a multi-layer perceptron, as few matrix products as there are.

With z_l = W_l h_{l-1} + b_l, h_l = f(z_l) and d_l the derivative of the loss with respect to z_l, a vector (V_l, c_l)
changes z_l by Rz_l = V_l h_{l-1} + W_l Rh_{l-1} + c_l, and

    Rd_l = f'(z_l) (W_{l+1}^T Rd_{l+1} + V_{l+1}^T d_{l+1}) + f''(z_l) (W_{l+1}^T d_{l+1}) Rz_l.

The product is Rd_l h_{l-1}^T + d_l Rh_{l-1}^T. All vectors of a block share each matrix product, and columns of W_1
whose input is 0 for all samples are left out, since their products are 0.

Source:
    Pearlmutter (1994), Fast Exact Multiplication by the Hessian.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.func import grad, vjp, vmap
from torch.nn.functional import linear

from geomgen.models.functional.loss import Targets
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Block

IMAGES_PER_PASS = 500
"""Fewer make small matrix products, and with more the activations of a block leave the processor's cache."""


class Map(NamedTuple):
    """A linear map and the activation after it; None after the last."""

    weight: str
    bias: str
    activation: nn.Module | None


class Layer(NamedTuple):
    """What is known of a layer before any block.

    Attributes:
        weight: W.
        inputs: h_{l-1}.
        delta: d_l.
        slope: f'(z_l).
        bend: f''(z_l) (W_{l+1}^T d_{l+1}); a single 0 where f has no second derivative.
    """

    weight: Float[Tensor, "out in"]
    inputs: Float[Tensor, "n in"]
    delta: Float[Tensor, "n out"]
    slope: Float[Tensor, "n out"]
    bend: Float[Tensor, "..."]


class Chunk(NamedTuple):
    """Some samples: their layers, and products with the Hessian of their losses with respect to the logits."""

    layers: list[Layer]
    curved: Callable[[Float[Tensor, "n m d"]], Float[Tensor, "n m d"]]


def chain_of(network: NetworkFunction) -> list[Map]:
    """Return the maps of a multi-layer perceptron without normalisation; none if a network is something else."""
    maps = [_map_of(name, list(block)) for name, block in network.stand_in.named_children() if isinstance(block, Block)]
    known = [one for one in maps if one is not None]
    named = {name for one in known for name in (one.weight, one.bias)}
    is_whole = len(known) == len(list(network.stand_in.children())) and named >= network.layout.shapes.keys()
    return known if is_whole and known[-1].activation is None else []


def _map_of(name: str, parts: list[nn.Module]) -> Map | None:
    """Return the map of a block that is a linear map with at most an activation after it."""
    linear_, *after = parts[1:] if isinstance(parts[0], nn.Flatten) else parts
    if not isinstance(linear_, nn.Linear) or len(after) > 1 or any(list(one.parameters()) for one in after):
        return None
    return Map(f"{name}.linear.weight", f"{name}.linear.bias", after[0] if after else None)


class MlpHessian:
    """Products of a block with the summed Hessians of the losses of all samples.

    Args:
        network: Of which `chain_of` is not empty.
        columns: The inputs that are not 0 for all samples; see `used_columns`.
        chunks: The samples, as `chunk_of` prepares them; iterated over for each block.
    """

    def __init__(self, network: NetworkFunction, columns: Int64[Tensor, " used"], chunks: Iterable[Chunk]) -> None:
        self._layout, self._chain, self._columns, self._chunks = network.layout, chain_of(network), columns, chunks

    def __call__(self, block: Float[Tensor, "m D"]) -> Float[Tensor, "m D"]:
        """Return the products with each vector of a block."""
        total = torch.zeros_like(block)
        vectors, sums = self._layout.named(block), self._layout.named(total)
        first = self._chain[0].weight
        vectors[first] = vectors[first].index_select(2, self._columns)
        found = torch.zeros_like(vectors[first])
        for chunk in self._chunks:
            _add_product(self._chain, chunk, vectors, sums | {first: found})
        sums[first][..., self._columns] = found
        return total


def used_columns(inputs: Float[Tensor, "n ..."]) -> Int64[Tensor, " used"]:
    """Return the places of the inputs that are not 0 for all samples."""
    return inputs.flatten(1).ne(0).any(0).nonzero().squeeze(1)


def bytes_per_sample(network: NetworkFunction, theta: Float[Tensor, " D"], columns: Int64[Tensor, " used"]) -> int:
    """Return the memory that a `Chunk` takes for each sample: inputs, derivative, slope and bend of each layer."""
    units = [network.layout.shapes[one.weight][0] for one in chain_of(network)]
    return theta.element_size() * (len(columns) + 4 * sum(units))


@torch.no_grad()
def chunk_of(
    network: NetworkFunction,
    theta: Float[Tensor, " D"],
    columns: Int64[Tensor, " used"],
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
) -> Chunk:
    """Return what is known of some samples before any block; arguments as of `MlpHessian`."""
    chain, named = chain_of(network), network.layout.named(theta)
    weights = [named[one.weight] for one in chain]
    weights[0] = weights[0].index_select(1, columns)
    taken, slopes, bends = [inputs.flatten(1).index_select(1, columns)], list[Tensor](), list[Tensor]()
    for one, weight in zip(chain, weights, strict=True):
        hidden, slope, bend = _activated(one.activation, linear(taken[-1], weight, named.get(one.bias)))
        taken.append(hidden)
        slopes.append(slope)
        bends.append(bend)
    delta, curved = _loss_derivatives(network, taken.pop(), targets)
    layers = [Layer(weights[-1], taken[-1], delta, slopes[-1], bends[-1])]
    for index in reversed(range(len(chain) - 1)):
        passed = layers[-1].delta @ weights[index + 1]
        layers.append(Layer(weights[index], taken[index], passed * slopes[index], slopes[index], bends[index] * passed))
    return Chunk(layers[::-1], curved)


def _loss_derivatives(
    network: NetworkFunction, logits: Tensor, targets: Targets
) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Return the gradient of the summed loss with respect to logits, and products ``(n, m, d)`` with its Hessian."""

    def gradient(logits: Tensor) -> Tensor:
        found: Tensor = grad(lambda logits: network.loss_function(logits, targets, "sum"))(logits)
        return found

    pass_ = vjp(gradient, logits)
    pull = pass_[1]
    return pass_[0], vmap(lambda vector: pull(vector)[0], in_dims=1, out_dims=1)


@torch.enable_grad()
def _activated(activation: nn.Module | None, values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return f(z), f'(z) and f''(z) of an activation that treats each unit alone; the last may be one 0."""
    zero = values.new_zeros(())
    if activation is None:
        return values, torch.ones_like(values), zero
    values = values.detach().requires_grad_()
    outputs = activation(values)
    (slope,) = torch.autograd.grad(outputs.sum(), values, create_graph=True)
    bend = torch.autograd.grad(slope.sum(), values, allow_unused=True)[0] if slope.requires_grad else None
    curved = bend.detach() if bend is not None and bool(bend.any()) else zero
    return outputs.detach(), slope.detach(), curved


def _add_product(chain: Sequence[Map], chunk: Chunk, vectors: dict[str, Tensor], sums: dict[str, Tensor]) -> None:
    """Add the product of a chunk; tensors of a block are ``(n, m, units)``."""
    changes, values = _changes(chain, chunk, vectors)
    change = chunk.curved(values[-1])
    for index in reversed(range(len(chain))):
        layer, one = chunk.layers[index], chain[index]
        _add_gradient(sums, one, layer, change, changes[index])
        if index:
            below = chunk.layers[index - 1]
            swapped = vectors[one.weight].transpose(0, 1).flatten(1)
            passed = (layer.delta @ swapped).view_as(values[index - 1])
            passed.flatten(0, 1).addmm_(change.flatten(0, 1), layer.weight)
            passed *= below.slope[:, None]
            change = passed.addcmul_(below.bend[:, None], values[index - 1]) if below.bend.dim() else passed


def _changes(
    chain: Sequence[Map], chunk: Chunk, vectors: dict[str, Tensor]
) -> tuple[list[Tensor | None], list[Tensor]]:
    """Return Rh_{l-1}, None for the images, and Rz_l of each layer."""
    changes, values = list[Tensor | None](), list[Tensor]()
    hidden: Tensor | None = None
    for one, layer in zip(chain, chunk.layers, strict=True):
        vector = vectors[one.weight]
        found = (layer.inputs @ vector.flatten(0, 1).T).view(len(layer.inputs), *vector.shape[:2])
        if one.bias in vectors:
            found += vectors[one.bias]
        if hidden is not None:
            found.flatten(0, 1).addmm_(hidden.flatten(0, 1), layer.weight.T)
        changes.append(hidden)
        values.append(found)
        hidden = found * layer.slope[:, None] if one.activation else None
    return changes, values


def _add_gradient(sums: dict[str, Tensor], one: Map, layer: Layer, change: Tensor, below: Tensor | None) -> None:
    """Add Rd_l h_{l-1}^T + d_l Rh_{l-1}^T, and the sum of Rd_l for the bias."""
    total = sums[one.weight]
    if below is None:
        total.flatten(0, 1).addmm_(change.flatten(1).T, layer.inputs)
    else:
        total += (change.flatten(1).T @ layer.inputs).view_as(total)
        total += (layer.delta.T @ below.flatten(1)).view(total.shape[1], *below.shape[1:]).transpose(0, 1)
    if one.bias in sums:
        sums[one.bias] += change.sum(0)
