"""A symmetric matrix as a whole, from its products with blocks of vectors."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

Product = Callable[[Float64[Tensor, "m D"]], Float64[Tensor, "m D"]]
"""Maps a block of vectors to their products with a symmetric matrix ``(D, D)``."""

BLOCK_SIZE = 64
LARGEST_ASYMMETRY = 1e-8


def dense_matrix(
    product: Product, dim: int, *, block_size: int = BLOCK_SIZE, device: torch.device | str = "cpu"
) -> Float64[Tensor, "{dim} {dim}"]:
    """Return the matrix itself, from its products with the unit vectors.

    It is made exactly symmetric, as the mean of what was found and its transpose.

    Args:
        product: Of a symmetric matrix A, ``(D, D)``.
        dim: D.
        block_size: Unit vectors per product.
        device: Where the products are computed.

    Returns:
        A; 8 D^2 bytes.

    Raises:
        ValueError: If A differs from its transpose by more than rounding, or has an entry that is not finite.
    """
    matrix = torch.empty(dim, dim, dtype=torch.float64, device=device)
    for start in range(0, dim, block_size):
        stop = min(start + block_size, dim)
        units = torch.zeros(stop - start, dim, dtype=torch.float64, device=device)
        units[:, start:stop].fill_diagonal_(1)
        matrix[start:stop] = product(units)
    return _symmetric(matrix, block_size)


def _symmetric(matrix: Tensor, block_size: int) -> Tensor:
    """Return (A + A^T)/2 in place of A, rows at a time, so that no second matrix is needed."""
    dim, scale = len(matrix), float(torch.linalg.vector_norm(matrix, torch.inf))
    for start in range(0, dim, block_size):
        rows = matrix[start : start + block_size, start:]
        columns = matrix[start:, start : start + block_size].T
        difference = float((rows - columns).abs().max())
        if not difference <= LARGEST_ASYMMETRY * scale < torch.inf:
            raise ValueError(
                f"A matrix from its products differs from its transpose by {difference:.3g}, with entries up to "
                f"{scale:.3g}: at most {LARGEST_ASYMMETRY:g} of these is rounding."
            )
        mean = (rows + columns) / 2
        matrix[start : start + block_size, start:] = mean
        matrix[start:, start : start + block_size] = mean.T
    return matrix
