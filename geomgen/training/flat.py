"""All parameters of a network as one vector."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

ALIGNED_NUMEL = 32


class FlatParameters:
    """The parameters of a network laid end to end in one vector, of which they become views.

    A step of the optimizer is then one call, whatever the number of layers. Each parameter starts at a multiple of 32
    numbers, as vector registers and matrix products like it; the gaps hold zeros.

    Args:
        model: Its parameters must be of one type and on one device.
    """

    def __init__(self, model: nn.Module) -> None:
        parameters = list(model.parameters())
        self.shapes = [parameter.shape for parameter in parameters]
        self.vector = torch.zeros(
            sum(map(_padded, self.shapes)), dtype=parameters[0].dtype, device=parameters[0].device
        )
        for parameter, view in zip(parameters, self.views(self.vector), strict=True):
            view.copy_(parameter.detach())
            parameter.data = view

    def views(self, vector: Tensor) -> list[Tensor]:
        """Return the parts of a vector of this layout that stand where the parameters do, in their shapes."""
        parts = vector.split([_padded(shape) for shape in self.shapes])
        return [part[: shape.numel()].view(shape) for part, shape in zip(parts, self.shapes, strict=True)]


def gather(views: Sequence[Tensor], tensors: Sequence[Tensor]) -> None:
    """Copy tensors into views, but for those that stand there already."""
    pairs = [(view, tensor) for view, tensor in zip(views, tensors, strict=True) if not view.is_set_to(tensor)]
    if pairs:
        torch._foreach_copy_([view for view, _ in pairs], [tensor for _, tensor in pairs])


def _padded(shape: torch.Size) -> int:
    return -(-shape.numel() // ALIGNED_NUMEL) * ALIGNED_NUMEL
