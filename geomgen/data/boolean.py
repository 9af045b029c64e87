"""Boolean inputs, all strings of n bits, and functions of them."""

import torch
from jaxtyping import Bool, Float32
from torch import Tensor

FUNCTIONS = ("majority", "parity", "first", "random")


def boolean_inputs(bits: int) -> Float32[Tensor, "inputs bits"]:
    """Return all 2^n strings of n bits in the order in which they count, the highest bit first.

    Args:
        bits: n, at least 1.
    """
    counted = torch.arange(2**bits).unsqueeze(1)
    return counted.bitwise_right_shift(torch.arange(bits - 1, -1, -1)).bitwise_and(1).float()


def boolean_function(
    name: str, inputs: Float32[Tensor, "inputs bits"], source: torch.Generator
) -> Bool[Tensor, " inputs"]:
    """Return whether a function is 1 at each input.

    - ``majority``: more ones than zeros. ``parity``: an odd number of ones. ``first``: the first bit.
    - ``random``: fair coins.

    Args:
        name: One of the above.
        inputs: Of zeros and ones.
        source: Randomness of ``random``.
    """
    ones = inputs.sum(1)
    if name == "majority":
        return ones > inputs.shape[1] / 2
    if name == "parity":
        return ones % 2 == 1
    if name == "first":
        return inputs[:, 0] == 1
    return torch.randint(2, (len(inputs),), generator=source).bool()
