"""What floating-point numbers cannot distinguish from zero."""

import torch

UNITS_OFF = 8


def rounding_threshold(size: int) -> float:
    """Return the ratio to the largest singular value or eigenvalue below which a value is rounding: size eps, float64.

    Args:
        size: The larger side of the matrix.
    """
    return size * torch.finfo(torch.float64).eps


def square_of_errors(sum_of_squares: float, dtype: torch.dtype) -> float:
    """Return the squared singular value up to which a matrix may consist of the rounding errors of its entries.

    (8 eps)^2 sum a^2: the squared Frobenius norm, and so a bound on each squared singular value, of errors of 8 eps per
    entry relative to it. Activations differ from those computed in float64 by less: the largest squared singular value
    of their errors is below 2 (eps/2)^2 sum a^2 after linear maps, and up to 50 times that after layer normalisation of
    inputs whose mean is several standard deviations.

    Args:
        sum_of_squares: Of the entries, not centred.
        dtype: The type that the entries were computed in.
    """
    return (UNITS_OFF * torch.finfo(dtype).eps) ** 2 * sum_of_squares
