"""The activations of hidden layers, by the names that options give them."""

import math
from collections.abc import Callable, Mapping

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Square(nn.Module):
    """x^2, applied to each unit."""

    def forward(self, inputs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return the squares."""
        return inputs.square()


ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "square": Square,
    "identity": nn.Identity,
}

SLOPES: Mapping[str, Callable[[Float[Tensor, "*shape"]], Float[Tensor, "*shape"]]] = {
    "relu": lambda inputs: inputs.gt(0).to(inputs.dtype),
    "tanh": lambda inputs: 1 - inputs.tanh().square(),
    "gelu": lambda inputs: torch.special.ndtr(inputs) + inputs * (-inputs.square() / 2).exp() / math.sqrt(2 * math.pi),
    "square": lambda inputs: 2 * inputs,
    "identity": torch.ones_like,
}
"""Their derivatives, at the same inputs."""


def in_place(name: str) -> nn.Module:
    """Return an activation that may overwrite what it is applied to, and then needs no memory of its own.

    Args:
        name: As of `ACTIVATIONS`.
    """
    return nn.ReLU(inplace=True) if name == "relu" else ACTIVATIONS[name]()
