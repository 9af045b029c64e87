"""Boolean inputs: all strings of n bits."""

import torch
from jaxtyping import Float32
from torch import Tensor


def boolean_inputs(bits: int) -> Float32[Tensor, "inputs bits"]:
    """Return all 2^n strings of n bits in the order in which they count, the highest bit first.

    Args:
        bits: n, at least 1.
    """
    counted = torch.arange(2**bits).unsqueeze(1)
    return counted.bitwise_right_shift(torch.arange(bits - 1, -1, -1)).bitwise_and(1).float()
