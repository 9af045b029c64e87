"""Singular values of a matrix that is too tall to be held."""

from collections.abc import Iterable

import torch
from jaxtyping import Float64
from torch import Tensor


def triangular_factor(blocks: Iterable[Float64[Tensor, "_ p"]]) -> Float64[Tensor, "r p"]:
    """Return R of A = Q R, whose blocks of rows are seen one at a time.

    Each block is stacked under the R of those before it and the stack factorised anew: as stable as one QR.

    Args:
        blocks: Of A; at least one.

    Returns:
        ``(min(n, p), p)``, where A has n rows.

    Source:
        Demmel et al. (2012), Communication-optimal Parallel and Sequential QR and LU Factorizations (TSQR).
    """
    iterator = iter(blocks)
    factor = _triangular(next(iterator))
    for block in iterator:
        factor = _triangular(torch.cat([factor, block]))
    return factor


def _triangular(rows: Tensor) -> Tensor:
    factor: Tensor = torch.linalg.qr(rows, mode="r").R
    return factor


def square_root(rows: Float64[Tensor, "n p"]) -> Float64[Tensor, "n r"]:
    """Return L, ``(n, min(n, p))``, of A = L Q with orthonormal rows of Q: L L^T = A A^T without forming it.

    Args:
        rows: A; returned as it is unless n < p.
    """
    return _triangular(rows.T).T if len(rows) < rows.shape[1] else rows
