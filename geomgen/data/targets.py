"""Functions of Boolean inputs that networks are to learn, and the inputs on which they do."""

import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

TARGETS = ("majority", "parity", "first", "random")


def boolean_target(
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
    ones, bits = inputs.sum(1), inputs.shape[1]
    if name == "majority":
        return ones > bits / 2
    if name == "parity":
        return ones % 2 == 1
    if name == "first":
        return inputs[:, 0] == 1
    return torch.rand(len(inputs), generator=source) < 0.5


def train_indices(num_inputs: int, size: int, source: torch.Generator) -> Int64[Tensor, " size"]:
    """Return which inputs are trained on, drawn without replacement."""
    return torch.randperm(num_inputs, generator=source)[:size]
