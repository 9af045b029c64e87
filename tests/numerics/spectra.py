"""Symmetric matrices of a known spectrum, and start vectors for Lanczos."""

import torch
from torch import Tensor

from geomgen.numerics.dense import Product
from geomgen.numerics.spectrum import random_signs

OUTLIERS = torch.logspace(0, 1, 9, dtype=torch.float64)


def rotated(values: Tensor) -> Tensor:
    """Return a matrix of these eigenvalues in a random basis."""
    source = torch.Generator().manual_seed(3)
    basis = torch.linalg.qr(torch.randn(len(values), len(values), generator=source, dtype=torch.float64)).Q
    matrix: Tensor = basis * values @ basis.T
    return (matrix + matrix.T) / 2


def product_with(values: Tensor) -> Product:
    """Return products with that matrix."""
    matrix = rotated(values)
    return lambda block: block @ matrix


def starts(count: int, dim: int, seed: int = 0) -> Tensor:
    """Return vectors of random signs."""
    return random_signs(count, dim, torch.Generator().manual_seed(seed))
