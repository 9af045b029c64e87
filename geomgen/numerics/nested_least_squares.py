r"""Least squares on growing sets of features, sharing the work between the sets.

With the features of n samples as columns of Z, in the order in which they are added, the fit of the first p is

- p <= n: w = R_p^-1 (Q^T y)_p, where Z = Q R is computed once and R_p is the leading block of R (`Orthogonal`);
- p > n: w = Z_p^T (Z_p Z_p^T)^-1 y, the minimum-norm solution, where Z_p Z_p^T grows by what the new features add
  (`regularised`).
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float64
from scipy.linalg import lapack
from torch import Tensor

from geomgen.numerics.least_squares import minimum_norm
from geomgen.numerics.rounding import rounding_threshold


class Solution(NamedTuple):
    """A solution and how it was found.

    Attributes:
        values: k weights for each of d targets.
        rank: Directions that were not cut off.
        condition: Condition number of the features, with the penalty: LAPACK's estimate in the 1-norm for a triangular
            factor; inf if directions were cut off.
        degrees_of_freedom: Trace of the map from targets to fit.
        method: qr, cholesky or spectral.
    """

    values: Float64[Tensor, "k d"]
    rank: int
    condition: float
    degrees_of_freedom: float
    method: str


@dataclass(frozen=True)
class Orthogonal:
    """Z = Q R, and the targets in the same basis.

    Attributes:
        factor: R, upper triangular; the part below the diagonal is unspecified.
        targets: The first m rows of Q^T y.
    """

    factor: Float64[Tensor, "m m"]
    targets: Float64[Tensor, "m d"]

    @classmethod
    def of(cls, features: Float64[Tensor, "n m"], targets: Float64[Tensor, "n d"]) -> "Orthogonal":
        """Factorise features, m <= n."""
        reflectors, scales = torch.geqrf(features)
        rotated = torch.ormqr(reflectors, scales, targets, transpose=True)
        return cls(reflectors[: features.shape[1]], rotated[: features.shape[1]])

    def weights(self, count: int, penalty: float = 0.0) -> Solution:
        """Return the weights of the first features that minimise |Z w - y|^2 + penalty |w|^2, ``(count, d)``.

        Without a penalty, singular values up to count eps of the largest are cut off if there are any.
        """
        factor, targets = self.factor[:count, :count], self.targets[:count]
        if penalty:
            factor = factor.triu()
            return regularised(factor.T @ factor, factor.T @ targets, penalty)
        inverse_condition = _inverse_condition(factor, "U")
        if inverse_condition > rounding_threshold(len(factor)):
            solution = torch.linalg.solve_triangular(factor, targets, upper=True)
            return Solution(solution, count, 1 / inverse_condition, count, "qr")
        found = minimum_norm(factor.triu(), targets)
        return Solution(found.solution, int(found.rank), float("inf"), int(found.rank), "spectral")


def regularised(matrix: Float64[Tensor, "n n"], targets: Float64[Tensor, "n d"], penalty: float = 0.0) -> Solution:
    """Return (M + penalty I)^-1 y, or M^+ y if there is no penalty and part of M is rounding in float64.

    By Cholesky factors; if they are too ill-conditioned, by eigenvalues, of which those up to n eps of the largest are
    cut off.

    Args:
        matrix: M, positive semi-definite; its lower triangle is read.
        targets: y.
        penalty: Not below 0.

    Returns:
        The solution, with n - penalty tr (M + penalty I)^-1 degrees of freedom.
    """
    diagonal = matrix.diagonal().clone()
    matrix.diagonal().add_(penalty)
    factor, failed = torch.linalg.cholesky_ex(matrix)
    inverse_condition = 0.0 if failed else _inverse_condition(factor, "L")
    if inverse_condition**2 > rounding_threshold(len(matrix)):
        shrunk = penalty * float(torch.cholesky_inverse(factor).diagonal().sum()) if penalty else 0.0
        values = torch.cholesky_solve(targets, factor)
        found = Solution(values, len(matrix), 1 / inverse_condition, len(matrix) - shrunk, "cholesky")
    else:
        found = _by_eigenvalues(matrix, targets, penalty)
    matrix.diagonal().copy_(diagonal)
    return found


def _by_eigenvalues(matrix: Tensor, targets: Tensor, penalty: float) -> Solution:
    eigenvalues, vectors = torch.linalg.eigh(matrix)
    kept = eigenvalues > rounding_threshold(len(matrix)) * eigenvalues[-1]
    eigenvalues, vectors = eigenvalues[kept], vectors[:, kept]
    values = vectors @ ((vectors.T @ targets) / eigenvalues[:, None])
    freedom = float((1 - penalty / eigenvalues).clamp(min=0).sum())
    return Solution(values, len(eigenvalues), float("inf"), freedom, "spectral")


def _inverse_condition(factor: Tensor, triangle: str) -> float:
    """Return LAPACK's estimate of 1 / (|T| |T^-1|) in the 1-norm, of a triangular matrix."""
    estimate, _ = lapack.dtrcon(factor.cpu().numpy(), uplo=triangle)
    return float(estimate)
