"""Multi-layer perceptron."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import nn

from geomgen.models.layers import Block, Network
from geomgen.models.residual import ResidualLayers


def mlp(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    width: int,
    depth: int = 2,
    hidden: Sequence[int] | None = None,
    activation: Callable[[], nn.Module] = nn.ReLU,
    bias: bool = True,
    norm: Callable[[int], nn.Module] | None = None,
    residual: bool = False,
) -> Network:
    """Return layers ``hidden1 .. hidden<depth>`` and a linear ``output``.

    Args:
        input_shape: Shape of one image.
        num_classes: Number of logits.
        width: Units of every hidden layer, or of the last one if ``hidden`` gives each its own.
        depth: Number of hidden layers.
        hidden: Units of each hidden layer, ``depth`` numbers; None for layers of equal width.
        activation: Makes the activation of a hidden layer.
        bias: Whether the linear maps add a bias.
        norm: Makes the normalisation of a hidden layer's linear output before its activation, given its units; or None.
        residual: Whether the linear outputs of hidden layers add up; see `ResidualLayers`. Hidden layers are then of
            one width, and their part of the network is called ``hidden``.
    """
    sizes = [math.prod(input_shape), *(hidden or [width] * depth)]
    blocks = {
        f"hidden{index}": Block(
            nn.Linear(fan_in, units, bias),
            *([norm(units)] if norm else []),
            activation(),
            before=nn.Flatten() if index == 1 else None,
        )
        for index, (fan_in, units) in enumerate(pairwise(sizes), 1)
    }
    hidden_parts = {"hidden": ResidualLayers([*blocks.values()])} if residual else blocks
    return Network({**hidden_parts, "output": Block(nn.Linear(width, num_classes, bias))}, width)
