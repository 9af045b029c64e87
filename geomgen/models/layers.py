"""The parts that networks are made of, and what a measure may know of them."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float32
from torch import Tensor, nn

EVALUATION_BATCH_SIZE = 1000


@dataclass(frozen=True)
class Layer:
    """A named layer of a network and the two places where its activations are taken.

    Attributes:
        name: Such as ``hidden2`` or ``output``.
        pre: Module whose output is the layer's linear output, before normalisation and nonlinearity.
        post: Module whose output the layer hands on.
        receiver: If there is one, what the layer hands on is what this module takes in, not what ``post`` gives out.
    """

    name: str
    pre: nn.Module
    post: nn.Module
    receiver: nn.Module | None = None


class Part(nn.Module):
    """A part of a network that has one or more named layers."""

    @abstractmethod
    def layers(self, name: str) -> list[Layer]:
        """Return the part's layers, from input to output.

        Args:
            name: What the part is called in its network.
        """


class Block(nn.Sequential, Part):
    """A linear map and what follows it: normalisation, ReLU, pooling.

    Args:
        linear: The linear map.
        after: What follows.
        before: What lays the input out for the map.
    """

    linear: nn.Module

    def __init__(self, linear: nn.Module, *after: nn.Module, before: nn.Module | None = None) -> None:
        first = [] if before is None else [(type(before).__name__.lower(), before)]
        named = [(type(part).__name__.lower(), part) for part in after]
        super().__init__(OrderedDict([*first, ("linear", linear), *named]))

    def layers(self, name: str) -> list[Layer]:
        """Return the one layer that the block is."""
        return [Layer(name, self.linear, self)]


class Network(nn.Sequential):
    """Parts in a row, each under its name; the last one gives the logits.

    Input: ``(n, channels, height, width)`` float. Output: ``(n, num_classes)``.

    Args:
        parts: By name, from input to output.
        width: Units of the last hidden layer.
    """

    def __init__(self, parts: Mapping[str, Part], width: int) -> None:
        super().__init__(OrderedDict(parts))
        self.width = width

    def layers(self) -> list[Layer]:
        """Return the named layers, from input to output."""
        parts = ((name, part) for name, part in self.named_children() if isinstance(part, Part))
        return [layer for name, part in parts for layer in part.layers(name)]

    def num_parameters(self) -> int:
        """Return how many numbers training adjusts."""
        return sum(parameter.numel() for parameter in self.parameters())

    def num_outputs(self, input_shape: tuple[int, ...]) -> list[int]:
        """Return how many numbers each of the smallest modules computes for one image."""
        return [count for _, count in self._outputs(input_shape)]

    def num_products(self, input_shape: tuple[int, ...]) -> int:
        """Return how many multiplications the linear and convolutional maps take for one image."""
        weights = ((getattr(module, "weight", None), count) for module, count in self._outputs(input_shape))
        return sum(count * weight[0].numel() for weight, count in weights if weight is not None and weight.dim() > 1)

    def example(self, input_shape: tuple[int, ...]) -> Float32[Tensor, "n ..."]:
        """Return an image to learn the sizes of a pass from, or no image at all if the parameters take no memory."""
        parameters = list(self.parameters())
        takes_memory = any(any(parameter.stride()) for parameter in parameters)
        return torch.zeros(int(takes_memory), *input_shape, device=parameters[0].device)

    @torch.no_grad()
    def _outputs(self, input_shape: tuple[int, ...]) -> list[tuple[nn.Module, int]]:
        """Return the smallest modules in the order of their use, each with the size of its output for one image."""
        found: list[tuple[nn.Module, int]] = []

        def see(module: nn.Module, _inputs: object, output: object) -> None:
            found.append((module, output.shape[1:].numel() if isinstance(output, Tensor) else 0))

        leaves = [module for module in self.modules() if not next(module.children(), None)]
        handles = [module.register_forward_hook(see) for module in leaves]
        self(self.example(input_shape))
        for handle in handles:
            handle.remove()
        return found
