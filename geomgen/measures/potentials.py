"""Losses whose learning coefficient, or occupancy, is known: what the sampler of learning coefficients is tried on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from geomgen.config.potential import PotentialConfig
from geomgen.numerics.dense import Product
from geomgen.theory.learning import (
    homogeneous_coefficient,
    normal_crossing_coefficient,
    quadratic_coefficient,
    reduced_rank_coefficient,
)

SEPARATION = 3.0
"""Distance between the two basins, in standard deviations of the first: chains cross it often enough to be counted."""

Loss = Callable[[Float64[Tensor, "K D"]], Float64[Tensor, " K"]]


@dataclass(frozen=True)
class Potential:
    """A loss of vectors, and what is known about it.

    Attributes:
        loss: Maps ``(K, D)`` float64 to ``(K,)``.
        centre: The minimum at which chains begin, and to which they are kept close, ``(D,)``.
        half_width: Of the cube around the centre that the chains stay in; None for no bound.
        theory: The learning coefficient, n beta E[L] less n beta times the loss at the centre; None if unknown.
        occupied: The probability that a point belongs to the basin of the centre; None if there is only one basin.
        starts: Positions at which the chains begin in turn, ``(m, D)``; None for the centre.
    """

    loss: Loss
    centre: Float64[Tensor, " D"]
    half_width: float | None = None
    theory: float | None = None
    occupied: Loss | None = None
    starts: Float64[Tensor, "m D"] | None = None

    def loss_and_gradient(self, points: Float[Tensor, "K D"]) -> tuple[Float[Tensor, " K"], Float[Tensor, "K D"]]:
        """Return the losses and their gradients."""
        with torch.enable_grad():
            points = points.detach().requires_grad_()
            losses = self.loss(points)
            (gradients,) = torch.autograd.grad(losses.sum(), points)
        return losses.detach(), gradients

    def hessian(self, point: Float64[Tensor, " D"]) -> Product:
        """Return products of blocks of vectors with the Hessian at a point."""

        def product(block: Tensor) -> Tensor:
            with torch.enable_grad():
                points = point.expand_as(block).clone().requires_grad_()
                (gradients,) = torch.autograd.grad(self.loss(points).sum(), points, create_graph=True)
                (products,) = torch.autograd.grad((gradients * block).sum(), points)
            return products

        return product

    def curvatures(self) -> Float64[Tensor, " D"]:
        """Return the eigenvalues of the Hessian at the centre, smallest first."""
        matrix = torch.autograd.functional.hessian(lambda point: self.loss(point[None])[0], self.centre)
        values: Tensor = torch.linalg.eigvalsh(matrix)
        return values


def quadratic(config: PotentialConfig) -> Potential:
    """Return 1/2 sum_i h_i w_i^2."""
    curvatures = _vector(config.curvatures)
    exact = quadratic_coefficient(config.curvatures, *config.law)
    return Potential(
        lambda points: (points.square() @ curvatures) / 2,
        torch.zeros_like(curvatures),
        theory=exact,
    )


def homogeneous(config: PotentialConfig) -> Potential:
    """Return sum_i w_i^power."""
    return Potential(
        lambda points: points.pow(config.power).sum(-1),
        _vector([0.0] * config.dimensions),
        theory=None if config.law.localization else homogeneous_coefficient(config.power, config.dimensions),
    )


def normal_crossing(config: PotentialConfig) -> Potential:
    """Return prod_i w_i^power on [-1, 1]^d."""
    exact = normal_crossing_coefficient(config.power, config.dimensions, config.law.n_beta)
    return Potential(
        lambda points: points.pow(config.power).prod(-1),
        _vector([0.0] * config.dimensions),
        half_width=1.0,
        theory=None if config.law.localization else exact,
    )


def reduced_rank(config: PotentialConfig) -> Potential:
    """Return |B A - M|^2 with B ``(m, h)``, A ``(h, n)``, and M the identity's part of a rank; w* is (M, M) in A, B."""
    outputs, hidden, inputs = config.shape
    truth, left, right = (torch.zeros(size, dtype=torch.float64) for size in _sizes(outputs, hidden, inputs))
    for matrix in (truth, left, right):
        matrix.diagonal()[: config.true_rank] = 1.0

    def loss(points: Tensor) -> Tensor:
        first = points[:, : left.numel()].view(-1, outputs, hidden)
        second = points[:, left.numel() :].view(-1, hidden, inputs)
        return (first @ second - truth).square().sum((-2, -1))

    centre = torch.cat([left.flatten(), right.flatten()])
    return Potential(loss, centre, theory=reduced_rank_coefficient((outputs, hidden, inputs), config.true_rank))


def two_basins(config: PotentialConfig) -> Potential:
    r"""Return L with exp(-n beta L) = sum_k exp(-n beta (d_k + 1/2 sum_i h_ki (w_i - c_ki)^2)) over two basins k.

    Each term is a Gaussian, so that the occupancy of the first is the mean of its share in the sum.
    """
    n_beta = config.law.n_beta
    curvatures = torch.stack([_vector(config.curvatures), _vector(config.other_curvatures)])
    centres = torch.zeros_like(curvatures)
    centres[1, 0] = SEPARATION * (n_beta * curvatures[0, 0]).rsqrt()
    depths = _vector([config.depth_difference, 0.0])

    def exponents(points: Tensor) -> Tensor:
        squares = (points[:, None] - centres).square()
        return -n_beta * (depths + (squares * curvatures).sum(-1) / 2)

    return Potential(
        lambda points: -exponents(points).logsumexp(-1) / n_beta,
        centres[0],
        occupied=lambda points: exponents(points).softmax(-1)[:, 0],
        starts=centres,
    )


POTENTIALS = {
    "quadratic": quadratic,
    "homogeneous": homogeneous,
    "normal-crossing": normal_crossing,
    "reduced-rank": reduced_rank,
    "two-basins": two_basins,
}


def _sizes(outputs: int, hidden: int, inputs: int) -> tuple[tuple[int, int], ...]:
    return (outputs, inputs), (outputs, hidden), (hidden, inputs)


def _vector(values: Sequence[float]) -> Float64[Tensor, " D"]:
    return torch.tensor(values, dtype=torch.float64)
