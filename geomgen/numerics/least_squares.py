"""Minimum-norm least-squares solutions of many problems at once."""

from typing import NamedTuple

import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from geomgen.numerics.rounding import rounding_threshold


class LeastSquares(NamedTuple):
    """Solutions, and the numerical rank of each design."""

    solution: Float64[Tensor, "*batch p m"]
    rank: Int64[Tensor, "*batch"]


def minimum_norm(design: Float64[Tensor, "*batch n p"], targets: Float64[Tensor, "*batch n m"]) -> LeastSquares:
    """Return X^+ y, the minimum-norm least-squares solution.

    Through the singular value decomposition; singular values up to max(n, p) eps of the largest count as zero. (torch's
    default, pivoted QR, leaves its pivots uninitialised, so neither its rank nor its bits can be relied on.)

    On whatever device the problem is, LAPACK solves it on the CPU.

    Args:
        design: X.
        targets: y.
    """
    cut_off = rounding_threshold(max(design.shape[-2:]))
    found = torch.linalg.lstsq(design.cpu(), targets.cpu(), rcond=cut_off, driver="gelsd")
    return LeastSquares(found.solution.to(design.device), found.rank)
