"""Lanczos tridiagonalisation of a symmetric matrix of which only products with blocks of vectors are known."""

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.numerics.dense import Product
from geomgen.numerics.rounding import rounding_threshold

SMALLEST_COUPLING = float(torch.finfo(torch.float64).eps) ** 0.5


class Tridiagonal(NamedTuple):
    """T = Q^T A Q of m steps from one start vector, the first column of Q: A Q = Q T + b q e_m^T.

    Attributes:
        diagonal: ``(m,)``.
        off_diagonal: ``(m - 1,)``.
        last: b, the norm of what the last product adds to the space; 0 if that is rounding: the space ended.
        rounding: What its numbers may differ by from exact ones.
    """

    diagonal: Float64[Tensor, " m"]
    off_diagonal: Float64[Tensor, " m_less_1"]
    last: float
    rounding: float

    @property
    def matrix(self) -> Float64[Tensor, "m m"]:
        """T."""
        return self.diagonal.diag() + self.off_diagonal.diag(1) + self.off_diagonal.diag(-1)


class Ritz(NamedTuple):
    """Approximate eigenvalues, ascending.

    Attributes:
        values: ``(m,)``.
        weights: Of Gauss quadrature: squared first components of T's eigenvectors, ``(m,)``; their sum is 1.
        residual_bounds: For each, how far away an eigenvalue of A is at most, ``(m,)``.
    """

    values: Float64[Tensor, " m"]
    weights: Float64[Tensor, " m"]
    residual_bounds: Float64[Tensor, " m"]


def lanczos(product: Product, starts: Float64[Tensor, "k D"], num_steps: int) -> list[Tridiagonal]:
    """Take Lanczos steps from k start vectors in lockstep, so that each product is of a block of k vectors.

    Each new vector is made orthogonal to all others of its probe, twice, so that no eigenvalue is found again. A probe
    ends early when its Krylov space does: when what is left of a product is less than `SMALLEST_COUPLING` of A. What
    would follow has no more weight than rounding, and with ever more steps rounding is what grows into it.

    Args:
        product: Of a symmetric matrix A, ``(D, D)``.
        starts: Not zero, of any length.
        num_steps: Steps, m; no more than D are taken. The vectors of all of them are kept: 8 k m D bytes.

    Returns:
        One matrix per start vector.

    Source:
        Golub and Van Loan, Matrix Computations, section 10.3; Parlett (1998) for why twice is enough.
    """
    probes = [_Probe(start, min(num_steps, len(start))) for start in starts]
    while active := [probe for probe in probes if probe.goes_on]:
        block = product(torch.stack([probe.newest for probe in active]))
        for probe, image in zip(active, block, strict=True):
            probe.extend(image)
    return [probe.tridiagonal() for probe in probes]


class Eigenpairs(NamedTuple):
    """Approximate eigenvalues with orthonormal vectors; exact if there are as many as dimensions.

    Attributes:
        values: Ascending, ``(m,)``.
        vectors: As columns, ``(D, m)``.
    """

    values: Float64[Tensor, " m"]
    vectors: Float64[Tensor, "D m"]


def krylov_eigenpairs(product: Product, start: Float64[Tensor, " D"], num_steps: int) -> Eigenpairs:
    """Return the eigenpairs of a symmetric matrix in the Krylov space of a start vector: the outermost come first.

    Args:
        product: Of A, ``(D, D)``.
        start: Not zero.
        num_steps: Lanczos steps, m; fewer if the space ends. Vectors take 16 m D bytes.
    """
    probe = _Probe(start, min(num_steps, len(start)))
    while probe.goes_on:
        probe.extend(product(probe.newest[None])[0])
    values, vectors = torch.linalg.eigh(probe.tridiagonal().matrix)
    return Eigenpairs(values.to(start.device), probe.basis.T @ vectors.to(start.device))


class _Probe:
    """One start vector and the orthonormal vectors found from it."""

    def __init__(self, start: Tensor, num_steps: int) -> None:
        self._basis = start.new_empty(num_steps, len(start))
        self._basis[0] = start / torch.linalg.vector_norm(start)
        self._diagonal: list[float] = []
        self._off_diagonal: list[float] = []
        self._ended = False

    @property
    def goes_on(self) -> bool:
        return not self._ended and len(self._diagonal) < len(self._basis)

    @property
    def newest(self) -> Tensor:
        return self._basis[len(self._diagonal)]

    @property
    def basis(self) -> Tensor:
        """The orthonormal vectors of all steps so far, as rows."""
        return self._basis[: len(self._diagonal)]

    @property
    def _scale(self) -> float:
        """The size of A, as far as it is known."""
        return max(map(abs, [*self._diagonal, *self._off_diagonal]))

    @property
    def _rounding(self) -> float:
        return rounding_threshold(self._basis.shape[1]) * self._scale

    def extend(self, image: Tensor) -> None:
        """Take a step, given A times the newest vector."""
        found = self._basis[: len(self._diagonal) + 1]
        self._diagonal.append(float(image.dot(found[-1])))
        for _ in range(2):
            image = torch.addmv(image, found.T, found @ image, alpha=-1)
        length = float(torch.linalg.vector_norm(image))
        whole = len(found) == found.shape[1]
        self._ended = whole or length <= SMALLEST_COUPLING * self._scale
        self._off_diagonal.append(0.0 if whole or length <= self._rounding else length)
        if self.goes_on:
            torch.div(image, length, out=self._basis[len(found)])

    def tridiagonal(self) -> Tridiagonal:
        diagonal, off_diagonal = (
            torch.tensor(one, dtype=torch.float64) for one in (self._diagonal, self._off_diagonal)
        )
        return Tridiagonal(diagonal, off_diagonal[:-1], float(off_diagonal[-1]), self._rounding)


def ritz(found: Tridiagonal) -> Ritz:
    """Return the eigenvalues of T, with |b s_m| and the rounding as bounds, s_m the last component of an eigenvector.

    Source:
        Golub and Welsch (1969) for the weights; Parlett (1998), section 13.2, for the bounds.
    """
    values, vectors = torch.linalg.eigh(found.matrix)
    weights = vectors[0].square()
    return Ritz(values, weights / weights.sum(), (found.last * vectors[-1]).abs() + found.rounding)
