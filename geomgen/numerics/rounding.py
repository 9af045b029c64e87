"""What float64 cannot tell from zero."""

import torch


def rounding_threshold(size: int) -> float:
    """Return the ratio to the largest singular or eigenvalue up to which one is rounding: size eps, float64.

    Args:
        size: The larger side of the matrix.
    """
    return size * torch.finfo(torch.float64).eps
