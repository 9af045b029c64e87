r"""The surface F(x) = 0 of N equations in D unknowns: where gradient flow meets it, its nearest points, its curvature.

All of K starting points at once. J is the Jacobian of F, and J^+ = J^T (J J^T)^-1 its pseudoinverse.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float64, Int64, Shaped
from torch import Tensor

Values = Callable[[Float64[Tensor, "K D"]], Float64[Tensor, "K N"]]
Jacobian = Callable[[Float64[Tensor, "K D"]], tuple[Float64[Tensor, "K N"], Float64[Tensor, "K N D"]]]

FLOW_TOLERANCE, SOLVED = 1e-5, 1e-11
LEAST_FACTOR, MOST_FACTOR, SAFETY = 0.2, 5.0, 0.9
SUFFICIENT, PENALTY, MERIT_ROUNDING, STATIONARY = 1e-4, 2.0, 1e-14, 1e-6


class Ends(NamedTuple):
    """Where paths ended.

    Attributes:
        points: ``(K, D)``.
        is_converged: Whether each is a solution, ``(K,)``.
    """

    points: Float64[Tensor, "K D"]
    is_converged: Bool[Tensor, " K"]


@dataclass(frozen=True)
class System:
    """Equations F(x) = 0, at K points, each from its own point alone.

    Attributes:
        values: F.
        jacobian: F and J.
    """

    values: Values
    jacobian: Jacobian

    @classmethod
    def of(cls, values: Values) -> "System":
        """Return a system with J by autograd, one backward pass per equation."""
        return cls(values, partial(_jacobian, values))


def _jacobian(values: Values, points: Tensor) -> tuple[Tensor, Tensor]:
    is_wanted = points.requires_grad
    points = points if is_wanted else points.detach().requires_grad_()
    found = values(points)
    rows = [
        torch.autograd.grad(found[:, n].sum(), points, retain_graph=True, create_graph=is_wanted)[0]
        for n in range(found.shape[1])
    ]
    return (found, torch.stack(rows, 1)) if is_wanted else (found.detach(), torch.stack(rows, 1))


class Linearised(NamedTuple):
    """F and J at K points, and the eigenvalues and eigenvectors of J J^T.

    Attributes:
        residuals: F, ``(K, N)``.
        rows: J, ``(K, N, D)``.
        eigenvalues: ``(K, N)``, ascending.
        vectors: As columns, ``(K, N, N)``.
    """

    residuals: Float64[Tensor, "K N"]
    rows: Float64[Tensor, "K N D"]
    eigenvalues: Float64[Tensor, "K N"]
    vectors: Float64[Tensor, "K N N"]

    @classmethod
    def at(cls, system: System, points: Float64[Tensor, "K D"]) -> "Linearised":
        """Return those at some points."""
        residuals, rows = system.jacobian(points)
        return cls(residuals, rows, *torch.linalg.eigh(rows @ rows.mT))

    @property
    def half_log_det(self) -> Float64[Tensor, " K"]:
        """The logarithm of sqrt(det J J^T); -inf where J has not full rank."""
        return self.eigenvalues.clamp(min=0).log().sum(1) / 2

    @property
    def detached(self) -> "Linearised":
        """These without their derivatives."""
        return Linearised(*(part.detach() for part in self))

    def chosen(self, which: Shaped[Tensor, " k"]) -> "Linearised":
        """Return those of some points."""
        return Linearised(*(part[which] for part in self))

    def replaced(self, which: Int64[Tensor, " k"], others: "Linearised") -> "Linearised":
        """Return these with those of some points replaced."""
        return Linearised(*(old.index_copy(0, which, new) for old, new in zip(self, others, strict=True)))

    def where(self, which: Bool[Tensor, " K"], other: "Linearised") -> "Linearised":
        """Return these where true, and others elsewhere."""
        return Linearised(
            *(
                torch.where(which.view(-1, *[1] * (mine.dim() - 1)), mine, its)
                for mine, its in zip(self, other, strict=True)
            )
        )

    def weighted(self, sides: Float64[Tensor, "K N"], weights: Float64[Tensor, "K N"]) -> Float64[Tensor, "K D"]:
        """Return J^T w(J J^T) b, with w given at the eigenvalues."""
        inner = (self.vectors @ (weights * (self.vectors.mT @ sides[:, :, None]).squeeze(2))[:, :, None]).squeeze(2)
        return (inner[:, None, :] @ self.rows).squeeze(1)

    def least_norm(self, sides: Float64[Tensor, "K N"]) -> Float64[Tensor, "K D"]:
        """Return J^+ b; not finite where J has not full rank."""
        return self.weighted(sides, 1 / self.eigenvalues.clamp(min=0))

    def along(self, directions: Float64[Tensor, "K D"]) -> Float64[Tensor, "K N"]:
        """Return J u."""
        return (self.rows @ directions[:, :, None]).squeeze(2)

    def tangent(self, directions: Float64[Tensor, "K D"]) -> Float64[Tensor, "K D"]:
        """Return the parts of directions that are tangent to the surface: u - J^+ J u."""
        return directions - self.least_norm(self.along(directions))


def gradient_flow(system: System, starts: Float64[Tensor, "K D"], max_steps: int = 1000) -> Ends:
    r"""Follow dx/dt = -J^T F, the flow of |F|^2 / 2, until F has fallen to 1e-11 of what it was.

    A step of length h holds J fixed and is exact for linear F: x - J^T phi(h J J^T) F with phi(z) = h (1 - e^-z) / z;
    J is that of the middle of the step, found by half a step. It differs from the step with the first J by at most
    1e-5 of the distance |J^+ F| at the start.

    Args:
        system: F.
        starts: Of K paths.
        max_steps: After which a path has not converged.

    Returns:
        The ends.
    """
    at = Linearised.at(system, starts)
    points, allowed = starts.clone(), FLOW_TOLERANCE * at.least_norm(at.residuals).norm(dim=1)
    goal = SOLVED * at.residuals.norm(dim=1)
    length = 0.1 / at.eigenvalues[:, -1]
    active = (at.residuals.norm(dim=1) > 0).nonzero().squeeze(1)
    for _ in range(max_steps):
        if not len(active):
            break
        here, now, h = at.chosen(active), points[active], length[active, None]
        euler = now - here.weighted(here.residuals, _phi(h, here.eigenvalues))
        middle = Linearised.at(system, now - here.weighted(here.residuals, _phi(h / 2, here.eigenvalues)))
        moved = now - middle.weighted(here.residuals, _phi(h, middle.eigenvalues))
        error = (moved - euler).norm(dim=1)
        is_good = error <= allowed[active]
        factor = SAFETY * (allowed[active] / error).sqrt().nan_to_num(nan=LEAST_FACTOR)
        length[active] *= factor.clamp(LEAST_FACTOR, MOST_FACTOR)
        points[active] = torch.where(is_good[:, None], moved, now)
        reached = Linearised.at(system, points[active]).where(is_good, here)
        at = at.replaced(active, reached)
        active = active[reached.residuals.norm(dim=1) > goal[active]]
    is_converged = torch.ones(len(points), dtype=torch.bool)
    is_converged[active] = False
    return Ends(points, is_converged)


def _phi(length: Tensor, eigenvalues: Tensor) -> Tensor:
    """Return (1 - exp(-h k)) / k, which is h at k = 0."""
    positive = eigenvalues.clamp(min=torch.finfo(eigenvalues.dtype).tiny)
    return -torch.expm1(-length * positive) / positive


def nearest_points(
    system: System, origins: Float64[Tensor, "K D"], starts: Float64[Tensor, "K D"], max_steps: int = 2000
) -> Ends:
    r"""Search for the points of the surface nearest to some origins, from some starts.

    x <- x + a (x0 + J^+ (J (x - x0) - F) - x): the nearest point of the surface linearised at x, and a is halved until
    |x - x0|^2 / 2 + rho |F|_1 falls, with rho at least twice the largest multiplier. A solution is a point at which
    x - x0 is normal to the surface, and the distance usually a local minimum.

    Args:
        system: F.
        origins: x0.
        starts: Of the searches.
        max_steps: After which a search has not converged.

    Returns:
        The points.

    Source:
        Nocedal and Wright (2006), Numerical Optimization, chapter 18: sequential quadratic programming.
    """
    points, at = starts.clone(), Linearised.at(system, starts)
    scale = at.residuals.norm(dim=1) + at.along(starts - origins).norm(dim=1)
    share, penalty = torch.ones_like(scale), torch.zeros_like(scale)
    is_converged = torch.zeros(len(starts), dtype=torch.bool)
    active = torch.arange(len(starts))
    for _ in range(max_steps):
        here, offset = at.chosen(active), points[active] - origins[active]
        sides = here.along(offset) - here.residuals
        step = here.least_norm(sides) - offset
        is_solved = here.residuals.norm(dim=1) <= SOLVED * scale[active]
        is_done = is_solved & (step.norm(dim=1) <= STATIONARY * offset.norm(dim=1))
        is_converged[active] = is_done
        moving = ~is_done & step.isfinite().all(1)
        if not bool(moving.any()):
            break
        active, here, offset, sides, step = (
            active[moving],
            here.chosen(moving),
            offset[moving],
            sides[moving],
            step[moving],
        )
        multipliers = torch.linalg.vector_norm(_multipliers(here, sides), ord=torch.inf, dim=1)
        penalty[active] = torch.maximum(penalty[active], PENALTY * multipliers)
        moved = points[active] + share[active, None] * step
        there = Linearised.at(system, moved)
        slope = (offset * step).sum(1) - penalty[active] * here.residuals.abs().sum(1)
        before, after = _merit(offset, here, penalty[active]), _merit(moved - origins[active], there, penalty[active])
        is_good = after <= before + SUFFICIENT * share[active] * slope + MERIT_ROUNDING * before
        points[active] = torch.where(is_good[:, None], moved, points[active])
        at = at.replaced(active, there.where(is_good, here))
        share[active] = torch.where(is_good, (2 * share[active]).clamp(max=1), share[active] / 2)
    return Ends(points, is_converged)


def _multipliers(at: Linearised, sides: Tensor) -> Tensor:
    return (at.vectors @ ((at.vectors.mT @ sides[:, :, None]).squeeze(2) / at.eigenvalues)[:, :, None]).squeeze(2)


def _merit(offset: Tensor, at: Linearised, penalty: Tensor) -> Tensor:
    return offset.square().sum(1) / 2 + penalty * at.residuals.abs().sum(1)


def curvatures(
    system: System, at: Linearised, points: Float64[Tensor, "K D"], directions: Float64[Tensor, "K D"]
) -> Float64[Tensor, " K"]:
    """Return the normal curvature |J^+ (u^T H u)| of the surface along the tangent part u, of length 1, of directions.

    Args:
        system: F.
        at: F and J at the points.
        points: On the surface.
        directions: One per point.
    """
    tangent = at.tangent(directions)
    tangent = tangent / tangent.norm(dim=1, keepdim=True)

    def slopes(x: Tensor) -> Tensor:
        return _along(system.values, x, tangent)

    found: Tensor = at.least_norm(_along(slopes, points, tangent).detach()).norm(dim=1)
    return found


def _along(values: Values, points: Tensor, directions: Tensor) -> Tensor:
    """Return the derivatives of F along directions, in reverse mode: those of v' J u with respect to v."""
    points = points if points.requires_grad else points.detach().requires_grad_()
    found = values(points)
    weights = torch.zeros_like(found, requires_grad=True)
    if not found.requires_grad:  # F does not depend on the points: the derivative of a linear one
        return torch.zeros_like(found)
    (gradients,) = torch.autograd.grad(found, points, weights, create_graph=True)
    (slopes,) = torch.autograd.grad((gradients * directions).sum(), weights, create_graph=True)
    return slopes
