"""The parts that networks are made of, and what a measure may know of them."""

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Layer:
    """A named layer of a network and the two places where its activations are taken.

    Attributes:
        name: Such as ``hidden2`` or ``output``.
        pre: Module whose output is the layer's linear output, before normalisation and nonlinearity.
        post: Module whose output the layer hands on.
    """

    name: str
    pre: nn.Module
    post: nn.Module


class Block(nn.Sequential):
    """A linear map and what follows it: normalisation, ReLU, pooling.

    Args:
        linear: The linear map.
        after: What follows.
        flat: Whether to take each input as one vector.
    """

    linear: nn.Module

    def __init__(self, linear: nn.Module, *after: nn.Module, flat: bool = False) -> None:
        before = [("flatten", nn.Flatten())] if flat else []
        named = [(type(part).__name__.lower(), part) for part in after]
        super().__init__(OrderedDict([*before, ("linear", linear), *named]))


class Network(nn.Sequential):
    """Blocks in a row, each under its name; the last one gives the logits.

    Input: ``(n, channels, height, width)`` float. Output: ``(n, num_classes)``.
    """

    def __init__(self, blocks: dict[str, Block]) -> None:
        super().__init__(OrderedDict(blocks))

    def layers(self) -> list[Layer]:
        """Return the named layers, from input to output."""
        blocks = ((name, block) for name, block in self.named_children() if isinstance(block, Block))
        return [Layer(name, block.linear, block) for name, block in blocks]

    def num_parameters(self) -> int:
        """Return how many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self.parameters())
