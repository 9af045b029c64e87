"""Least-squares solutions of least norm, of many problems at once."""

from typing import NamedTuple

import torch
from torch import Tensor

from geomgen.numerics.rounding import rounding_threshold


class LeastSquares(NamedTuple):
    """Solutions ``(..., p, m)``, and numerical rank of each design ``(...)``."""

    solution: Tensor
    rank: Tensor


def minimum_norm(design: Tensor, targets: Tensor) -> LeastSquares:
    """Return X^+ y: of all least-squares solutions the one of least norm.

    Through the singular value decomposition; singular values up to max(n, p) eps of the largest count as zero. (torch's
    default, pivoted QR, leaves its pivots uninitialised, so that neither its rank nor its bits can be relied on.)

    Args:
        design: X, ``(..., n, p)`` float64.
        targets: y, ``(..., n, m)`` float64.
    """
    cut_off = rounding_threshold(max(design.shape[-2:]))
    found = torch.linalg.lstsq(design, targets, rcond=cut_off, driver="gelsd")
    return LeastSquares(found.solution, found.rank)
