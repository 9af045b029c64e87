"""Spectra of tall matrices through their Gram matrix."""

import torch
from jaxtyping import Float, Float64
from torch import Tensor

NUM_PANELS = 8
BLOCK_ROWS = 2000


def centred_gram(data: Float[Tensor, "n p"]) -> Float64[Tensor, "p p"]:
    """Return the lower triangle of (A - mean)^T (A - mean), streaming over rows.

    Only blocks on and below the diagonal are multiplied, which is 9/16 of the work: see `add_gram`.

    Args:
        data: A, read in blocks of rows, so that only one block is held in float64.

    Returns:
        The part above the diagonal is unspecified.
    """
    num_columns = data.shape[1]
    mean = torch.stack([block.double().sum(0) for block in data.split(BLOCK_ROWS)]).sum(0) / len(data)
    gram = torch.zeros(num_columns, num_columns, dtype=torch.float64, device=data.device)
    for block in data.split(BLOCK_ROWS):
        add_gram(gram, (block.double() - mean).T)
    return gram


def add_gram(gram: Float[Tensor, "n n"], rows: Float[Tensor, "n k"]) -> None:
    """Add X X^T to the lower triangle of a matrix, in place; what is above the diagonal becomes unspecified.

    Args:
        gram: What it is added to.
        rows: X, of the same type.
    """
    height = max(1, -(-len(rows) // NUM_PANELS))
    for start in range(0, len(rows), height):
        panel = slice(start, start + height)
        gram[panel, : start + height].addmm_(rows[panel], rows[: start + height].T)


def centred_spectrum(data: Float[Tensor, "n p"]) -> tuple[Float64[Tensor, " p"], Float64[Tensor, " p"]]:
    """Return the squared singular values of A - mean, and the squared norms of its columns.

    Through the Gram matrix in float64: an eigenvalue e carries an absolute error of about p eps times the largest, so
    values below `rounding_threshold` of the largest are rounding.

    Args:
        data: A.

    Returns:
        The first in descending order, not below zero; the second in the order of the columns.
    """
    gram = centred_gram(data)
    column_squares = gram.diagonal().clone()
    eigenvalues = torch.linalg.eigvalsh(gram, UPLO="L")
    return eigenvalues.flip(0).clamp_(min=0), column_squares
