"""The parts that networks are made of, and what measures can use of them."""

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from jaxtyping import Float32
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

EVALUATION_BATCH_SIZE = 1000
MAPS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
"""Linear and convolutional maps."""


@dataclass(frozen=True)
class Layer:
    """A named layer of a network and the two places where its activations are read.

    Attributes:
        name: Such as ``hidden2`` or ``output``.
        pre: Module whose output is the layer's linear output, before normalisation and nonlinearity.
        post: Module whose output is the layer's output, after normalisation and activation.
        receiver: If there is one, the layer's output is this module's input, not the output of ``post``.
    """

    name: str
    pre: nn.Module
    post: nn.Module
    receiver: nn.Module | None = None

    @property
    def weight(self) -> nn.Parameter | None:
        """Weight of the linear or convolutional map; None without one, or if it is computed from other parameters."""
        own = getattr(self.pre, "weight", None)
        if own is not None and not isinstance(own, nn.Parameter):
            return None
        return next((parameter for parameter in self.pre.parameters() if parameter.dim() > 1), None)


class Part(nn.Module):
    """A part of a network that has one or more named layers."""

    @abstractmethod
    def layers(self, name: str) -> list[Layer]:
        """Return the part's layers, from input to output.

        Args:
            name: What the part is called in its network.
        """


class Block(nn.Sequential, Part):
    """A linear map and what follows it: normalisation, activation, pooling.

    Args:
        linear: The linear map.
        after: What follows.
        before: Reshapes the input for the map.
    """

    linear: nn.Module

    def __init__(self, linear: nn.Module, *after: nn.Module, before: nn.Module | None = None) -> None:
        first = [] if before is None else [(type(before).__name__.lower(), before)]
        named = [(type(part).__name__.lower(), part) for part in after]
        super().__init__(OrderedDict([*first, ("linear", linear), *named]))

    def layers(self, name: str) -> list[Layer]:
        """Return the block's single layer."""
        return [Layer(name, self.linear, self)]


class Network(nn.Sequential):
    """A sequence of named parts; the last one gives the logits.

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
        """Return the number of trained parameters."""
        return sum(parameter.numel() for parameter in self.parameters())

    def num_outputs(self, input_shape: tuple[int, ...]) -> list[int]:
        """Return how many numbers each leaf module computes for one image."""
        return [count for _, count in self._outputs(input_shape)]

    def num_products(self, input_shape: tuple[int, ...]) -> int:
        """Return how many multiplications the linear and convolutional maps take for one image."""
        outputs = self._outputs(input_shape)
        return sum(count * module.weight[0].numel() for module, count in outputs if isinstance(module, MAPS))

    def example(self, input_shape: tuple[int, ...]) -> Float32[Tensor, "n ..."]:
        """Return an image to find the sizes of a pass with, or an empty batch if the parameters take no memory."""
        parameters = list(self.parameters())
        takes_memory = any(any(parameter.stride()) for parameter in parameters)
        return torch.zeros(int(takes_memory), *input_shape, device=parameters[0].device)

    @torch.no_grad()
    def _outputs(self, input_shape: tuple[int, ...]) -> list[tuple[nn.Module, int]]:
        """Return the leaf modules in the order of their use, each with the size of its output for one image."""
        found: list[tuple[nn.Module, int]] = []

        def see(module: nn.Module, _inputs: object, output: object) -> None:
            found.append((module, output.shape[1:].numel() if isinstance(output, Tensor) else 0))

        leaves = [module for module in self.modules() if not next(module.children(), None)]
        handles = [module.register_forward_hook(see) for module in leaves]
        self(self.example(input_shape))
        for handle in handles:
            handle.remove()
        return found


def mixes_images(model: nn.Module) -> bool:
    """Return whether a network normalises over the images of a batch while training."""
    return any(isinstance(module, BatchNorm) for module in model.modules())


@contextmanager
def training_mode(model: nn.Module) -> Iterator[None]:
    """Run a block with a network in training mode, whose loss is what training descends; it learns nothing meanwhile.

    Batch normalisations use the statistics of the batch; running statistics and all other buffers are restored.
    """
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    model.train()
    try:
        yield
    finally:
        model.eval()
        with torch.no_grad():
            for name, buffer in model.named_buffers():
                buffer.copy_(buffers[name])
