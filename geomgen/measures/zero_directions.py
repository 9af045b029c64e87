"""Directions in which a loss is flat for a known reason: dead inputs, dead units, and the shift of all logits."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor, nn

from geomgen.models.functional.loss import cross_entropy
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Block


class KnownZeros(NamedTuple):
    """Counts of what makes eigenvalues zero.

    Attributes:
        dead_inputs: Numbers of the input that are 0 for all samples.
        dead_units: ReLU units that are 0 for all samples; None if the network is no chain of linear maps and ReLU.
        logit_shift: Directions that shift all logits alike, on which the loss does not depend.
        total: Dimension of the space of all these directions.
    """

    dead_inputs: int
    dead_units: int | None
    logit_shift: int
    total: int


class _Map(NamedTuple):
    """A linear map of a chain; whether each of its units is then 0 where it is negative, whatever the others are."""

    name: str
    linear: nn.Linear
    is_relu: bool


def known_zeros(network: NetworkFunction, theta: Float64[Tensor, " D"], inputs: Float64[Tensor, "n ..."]) -> KnownZeros:
    """Return what is known of the eigenspace of 0, of the Hessian as of its approximations.

    Weights of an input that is 0 for all samples change nothing, nor do any weights of a ReLU unit that is 0 for all:
    its own inputs are below the kink. Of the shifts of all logits, those along such an input are counted once. Of a
    network that is no chain of linear maps, only the shifts are known.

    Args:
        network: The function.
        theta: ``(D,)``.
        inputs: Of n samples.
    """
    chain = _chain(network)
    dead = _dead_inputs(network, chain, theta, inputs)
    last = chain[-1].linear if chain else _last_map(network)
    shifts = _num_shifts(last) if last and network.loss_function is cross_entropy else 0
    counted = sum(_num_dead_parameters(network, one, *pair) for one, *pair in zip(chain, dead, dead[1:], strict=False))
    alive_shifts = max(0, shifts - (int(dead[-2].sum()) if chain else 0))
    return KnownZeros(
        dead_inputs=int(inputs.flatten(1).eq(0).all(0).sum()),
        dead_units=sum(int(one.sum()) for one in dead[1:]) if _is_relu(chain) else None,
        logit_shift=shifts,
        total=counted + alive_shifts,
    )


def _num_shifts(last: nn.Linear) -> int:
    return last.in_features + int(last.bias is not None)


def _last_map(network: NetworkFunction) -> nn.Linear | None:
    """Return the linear map that gives the logits, if the network ends with one of its own."""
    *_, last = [None, *network.stand_in.children()]
    return last.linear if isinstance(last, Block) and isinstance(last.linear, nn.Linear) else None


def _chain(network: NetworkFunction) -> list[_Map]:
    """Return the maps of a chain of linear ones, from input to output; none if the network is something else."""
    maps = [
        _Map(name, block.linear, isinstance(block[-1], nn.ReLU) and not any(isinstance(p, nn.LayerNorm) for p in block))
        for name, block in network.stand_in.named_children()
        if isinstance(block, Block) and isinstance(block.linear, nn.Linear)
    ]
    return maps if len(maps) == len(list(network.stand_in.children())) else []


def _is_relu(chain: Sequence[_Map]) -> bool:
    return bool(chain) and all(one.is_relu for one in chain[:-1])


def _dead_inputs(network: NetworkFunction, chain: Sequence[_Map], theta: Tensor, inputs: Tensor) -> list[Tensor]:
    """Return for each map which of its inputs are 0 for all samples near theta too, and then the same of the logits."""
    sizes = [*(one.linear.in_features for one in chain), *(one.linear.out_features for one in chain[-1:])]
    dead = [torch.ones(size, dtype=torch.bool, device=theta.device) for size in sizes]

    def see(index: int) -> torch.utils.hooks.RemovableHandle:
        def hook(_map: nn.Module, taken: tuple[Tensor]) -> None:
            dead[index] &= taken[0].eq(0).all(0)

        return chain[index].linear.register_forward_pre_hook(hook)

    handles = [see(index) for index in range(len(chain))]
    with torch.no_grad():
        network.logits(theta, inputs)
    for handle in handles:
        handle.remove()
    certain = [True, *(one.is_relu for one in chain[:-1]), False]
    return [one & is_certain for one, is_certain in zip(dead, certain, strict=False)]


def _num_dead_parameters(network: NetworkFunction, of: _Map, inputs: Tensor, outputs: Tensor) -> int:
    """Return how many parameters of a map, and of the normalisation after it, change nothing."""
    alive = int((~inputs).sum()), int((~outputs).sum())
    total = 0
    for name, shape in network.layout.shapes.items():
        if name == f"{of.name}.linear.weight":
            total += shape.numel() - alive[0] * alive[1]
        elif name.startswith(f"{of.name}."):
            total += int(outputs.sum())
    return total
