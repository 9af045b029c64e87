"""Hidden layers with an identity path."""

from collections import OrderedDict
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.models.layers import Block, Layer, Part


class ResidualMap(nn.Module):
    """z + W f(z) + b.

    Args:
        after: f, the normalisation and activation of z.
        linear: The map.
    """

    def __init__(self, after: nn.Sequential, linear: nn.Module) -> None:
        super().__init__()
        self.after = after
        self.linear = linear

    def forward(self, stream: Float[Tensor, "n width"]) -> Float[Tensor, "n width"]:
        """Return the next z."""
        output: Tensor = stream + self.linear(self.after(stream))
        return output


class ResidualLayers(nn.Sequential, Part):
    r"""Hidden layers whose linear outputs add up: z_1 = W_1 x + b_1, z_{l+1} = z_l + W_{l+1} f(z_l) + b_{l+1}; f(z_L).

    f is normalisation and activation. Initial weights are independent of what they are added to, so that variances add
    up too: if W f(z) has g times the mean square of z, that of z_L is (1 + g)^(L - 1) times that of z_1.

    Args:
        blocks: The linear map of each layer, and what follows it.

    Source:
        He et al. (2016), Identity Mappings in Deep Residual Networks.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        first, *others = blocks
        start = [*first].index(first.linear) + 1
        afters = [nn.Sequential(*[*first][start:]), *(nn.Sequential(*[*block][1:]) for block in others)]
        added = [ResidualMap(after, block.linear) for after, block in zip(afters, others, strict=False)]
        named = [(str(index), one) for index, one in enumerate((nn.Sequential(*[*first][:start]), *added), 1)]
        super().__init__(OrderedDict([*named, ("after", afters[-1])]))

    def layers(self, name: str) -> list[Layer]:
        """Return a layer for each map: ``pre`` is z, ``post`` f(z)."""
        *maps, last = self
        afters = [*(one.get_submodule("after") for one in maps[1:]), last]
        return [
            Layer(f"{name}{index}", one, after) for index, (one, after) in enumerate(zip(maps, afters, strict=True), 1)
        ]

    @torch.no_grad()
    def scale(self, factor: float) -> None:
        """Multiply weights and biases of all maps that are added by a factor."""
        for one in self:
            for parameter in one.linear.parameters() if isinstance(one, ResidualMap) else ():
                parameter.mul_(factor)
