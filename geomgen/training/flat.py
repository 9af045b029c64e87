"""All parameters of a network as one vector."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor, nn

from geomgen.models.functional.flat import FlatLayout
from geomgen.numerics.kernels import copy_all

ALIGNED_NUMEL = 32


class FlatParameters:
    """The parameters of a network laid end to end in one vector, of which they become views.

    A step of the optimizer is then one call, whatever the number of layers. Each parameter starts at a multiple of 32
    numbers, as vector registers and matrix products like it; the gaps hold zeros.

    Args:
        model: Its parameters must be of one type and on one device.

    Attributes:
        layout: Where each parameter stands.
        vector: The parameters.
    """

    def __init__(self, model: nn.Module) -> None:
        self.layout = FlatLayout.of(model, ALIGNED_NUMEL)
        self.vector = self.layout.vector(dict(model.named_parameters()))
        for parameter, view in zip(model.parameters(), self.layout.views(self.vector), strict=True):
            parameter.data = view


def gather(views: Sequence[Float[Tensor, "..."]], tensors: Sequence[Float[Tensor, "..."]]) -> None:
    """Copy tensors into views, but for those that stand there already."""
    pairs = [(view, tensor) for view, tensor in zip(views, tensors, strict=True) if not view.is_set_to(tensor)]
    if pairs:
        copy_all([view for view, _ in pairs], [tensor for _, tensor in pairs])
