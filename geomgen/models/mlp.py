"""Multi-layer perceptron."""

import math
from collections.abc import Callable

from torch import nn

from geomgen.models.layers import Block, Network


def mlp(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    width: int,
    depth: int = 2,
    norm: Callable[[int], nn.Module] | None = None,
) -> Network:
    """Return ReLU layers ``hidden1 .. hidden<depth>`` of equal width and a linear ``output``.

    Args:
        input_shape: Shape of one image.
        num_classes: Number of logits.
        width: Units of every hidden layer.
        depth: Number of hidden layers.
        norm: Makes the normalisation of a hidden layer's linear output before its ReLU, given its units; or None.
    """
    fan_ins = [math.prod(input_shape)] + [width] * (depth - 1)
    blocks = {
        f"hidden{index}": _hidden(fan_in, width, norm, first=index == 1) for index, fan_in in enumerate(fan_ins, 1)
    }
    return Network({**blocks, "output": Block(nn.Linear(width, num_classes))}, width)


def _hidden(fan_in: int, width: int, norm: Callable[[int], nn.Module] | None, *, first: bool) -> Block:
    norms = [norm(width)] if norm else []
    return Block(nn.Linear(fan_in, width), *norms, nn.ReLU(), before=nn.Flatten() if first else None)
