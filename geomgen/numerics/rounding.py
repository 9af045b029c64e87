"""What float64 cannot distinguish from zero."""

import torch


def rounding_threshold(size: int) -> float:
    """Return the ratio to the largest singular value or eigenvalue below which a value is rounding: size eps, float64.

    Args:
        size: The larger side of the matrix.
    """
    return size * torch.finfo(torch.float64).eps
