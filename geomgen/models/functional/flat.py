"""Where each parameter of a network stands in one vector."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from jaxtyping import Shaped
from torch import Tensor, nn


@dataclass(frozen=True)
class FlatLayout:
    """Parameters laid end to end in the order of ``named_parameters()``.

    Attributes:
        shapes: By parameter name.
        alignment: Each parameter starts at a multiple of so many numbers, and the gaps hold zeros; at 1 there are none.
    """

    shapes: Mapping[str, torch.Size]
    alignment: int = 1

    @classmethod
    def of(cls, model: nn.Module, alignment: int = 1) -> Self:
        """Return the layout of all parameters of a network."""
        return cls({name: parameter.shape for name, parameter in model.named_parameters()}, alignment)

    @property
    def size(self) -> int:
        """Length of the vector, gaps included."""
        return sum(map(self._padded, self.shapes.values()))

    def views(self, vector: Shaped[Tensor, "*K {self.size}"]) -> list[Shaped[Tensor, "..."]]:
        """Return the parts of a vector that stand where the parameters do, each ``(*K, *shape)``."""
        parts = vector.split([self._padded(shape) for shape in self.shapes.values()], -1)
        return [
            part[..., : shape.numel()].view((*part.shape[:-1], *shape))
            for part, shape in zip(parts, self.shapes.values(), strict=True)
        ]

    def named(self, vector: Shaped[Tensor, "*K {self.size}"]) -> dict[str, Shaped[Tensor, "..."]]:
        """Return `views` by parameter name."""
        return dict(zip(self.shapes, self.views(vector), strict=True))

    def vector(self, parameters: Mapping[str, Shaped[Tensor, "..."]]) -> Shaped[Tensor, " {self.size}"]:
        """Return parameters, such as a state dict's, as one new vector of their type and device.

        Args:
            parameters: By name; others than those of the layout, such as buffers, are left out.

        Raises:
            KeyError: If one is missing.
        """
        tensors = [parameters[name].detach() for name in self.shapes]
        vector = torch.zeros(self.size, dtype=tensors[0].dtype, device=tensors[0].device)
        for view, tensor in zip(self.views(vector), tensors, strict=True):
            view.copy_(tensor)
        return vector

    @torch.no_grad()
    def load(self, vector: Shaped[Tensor, " {self.size}"], model: nn.Module) -> None:
        """Copy a vector into the parameters of a network."""
        for name, view in self.named(vector).items():
            model.get_parameter(name).copy_(view)

    def _padded(self, shape: torch.Size) -> int:
        return -(-shape.numel() // self.alignment) * self.alignment
