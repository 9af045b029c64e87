"""Critical points of a function, found from many starting points at once by the Levenberg-Marquardt method."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float64, Int64
from torch import Tensor

from geomgen.progress import OnProgress, silent

Gradient = Callable[[Float64[Tensor, "K D"]], Float64[Tensor, "K D"]]
"""Maps K points to the gradient at each."""

Hessian = Callable[[Float64[Tensor, "K D"]], Float64[Tensor, "K D D"]]
"""Maps K points to the Hessian at each."""

TOLERANCE = 1e-8
FLATNESS = 1e-6
FIRST_DAMPING, LEAST_DAMPING = 1e-2, 1e-14
PROBE, MOST_BEND = 0.1, 0.75
LEAST_GAIN = 1e-4
EPS, TINY = torch.finfo(torch.float64).eps, torch.finfo(torch.float64).tiny


class CriticalPoints(NamedTuple):
    """Where K searches ended.

    Attributes:
        points: The ends.
        gradient_norms: |g| there.
        residuals: |H g| / |g|; 0 where g is 0.
        eigenvalues: Of H, ascending.
        is_critical: Whether |g| fell below the tolerance.
        is_flat: Whether |g| did not, but |H g| / |g| is below `FLATNESS` of |H|_F: a stationary point of |g|^2 that is
            no critical point.
        iterations: Steps tried.
    """

    points: Float64[Tensor, "K D"]
    gradient_norms: Float64[Tensor, " K"]
    residuals: Float64[Tensor, " K"]
    eigenvalues: Float64[Tensor, "K D"]
    is_critical: Bool[Tensor, " K"]
    is_flat: Bool[Tensor, " K"]
    iterations: Int64[Tensor, " K"]


def critical_points(
    gradient: Gradient,
    hessian: Hessian,
    starts: Float64[Tensor, "K D"],
    *,
    tolerance: float = TOLERANCE,
    max_iterations: int = 200,
    progress: OnProgress = silent,
) -> CriticalPoints:
    r"""Search for a critical point of a function from each of K starting points.

    Minimises |g|^2 by steps v + a: v = -(H^2 + mu I)^-1 H g is the Levenberg-Marquardt step for the equations g = 0,
    and a = -(H^2 + mu I)^-1 H g''/2, with g'' the second derivative of the gradient along v, follows the bend of a
    valley of |g|^2. Steps by which |g| does not fall, or with 2 |a| > 0.75 |v|, are refused, and mu is raised. Saddles
    attract the search as much as minima do.

    Args:
        gradient: g of K points.
        hessian: H of K points.
        starts: Where g and H are finite.
        tolerance: A point is critical if |g| is at most this times |g| at its start, or is rounding.
        max_iterations: Steps tried before a search is given up.
        progress: Called with the number of finished searches.

    Returns:
        The ends, in the order of the starts.

    Source:
        Marquardt (1963); Madsen, Nielsen and Tingleff (2004) for mu; Transtrum and Sethna (2012) for the bend; Frye et
        al. (2021), Critical Point-Finding Methods Reveal Gradient-Flat Regions of Deep Network Losses.
    """
    search = _Search(gradient, hessian, starts, tolerance)
    for _ in range(max_iterations):
        active = search.unfinished()
        progress(len(starts) - len(active), len(starts), "searches finished")
        if not len(active):
            break
        search.step(active)
    return search.ends()


class _Search:
    """The state of K searches: points, their derivatives, and the damping mu of each."""

    def __init__(self, gradient: Gradient, hessian: Hessian, starts: Tensor, tolerance: float) -> None:
        self.gradient, self.hessian = gradient, hessian
        count, dim = starts.shape
        self.points, self.gradients = torch.empty_like(starts), torch.empty_like(starts)
        self.hessians = starts.new_empty(count, dim, dim)
        self.norms, self.residuals = starts.new_empty(count), starts.new_empty(count)
        self._arrive(torch.arange(count, device=starts.device), starts, gradient(starts))
        self.limits = tolerance * self.gradients.norm(dim=1)
        self.damping = FIRST_DAMPING * self.norms.square() / dim
        self.growth = torch.full_like(self.limits, 2.0)
        self.stalled = torch.zeros_like(self.limits, dtype=torch.bool)
        self.iterations = torch.zeros_like(self.limits, dtype=torch.int64)

    def _arrive(self, moved: Tensor, points: Tensor, gradients: Tensor) -> None:
        """Note new points of some searches: gradient g, Hessian H, |H|_F, and |H g| / |g|, 0 where g is 0."""
        hessians = self.hessian(points)
        self.points[moved], self.gradients[moved], self.hessians[moved] = points, gradients, hessians
        self.norms[moved] = torch.linalg.matrix_norm(hessians)
        self.residuals[moved] = _times(hessians, gradients).norm(dim=1) / gradients.norm(dim=1).clamp(min=TINY)

    def are_critical(self) -> Tensor:
        """Return which gradients are below the tolerance, or are what a rounding error of each parameter makes."""
        rounding = EPS * self.norms * self.points.norm(dim=1)
        critical: Tensor = self.gradients.norm(dim=1) <= torch.maximum(self.limits, rounding)
        return critical

    def are_flat(self) -> Tensor:
        """Return which points are stationary for |g|^2 but not critical."""
        return ~self.are_critical() & (self.residuals <= FLATNESS * self.norms)

    def unfinished(self) -> Tensor:
        """Return the searches that go on."""
        return torch.nonzero(~(self.are_critical() | self.are_flat() | self.stalled))[:, 0]

    def step(self, active: Tensor) -> None:
        """Try one step of some searches, and adapt their damping to how far |g|^2 fell of what was predicted."""
        step, predicted, bends = self._proposal(active)
        points = self.points[active] + step
        gradients = self.gradient(points)
        gain = (_squares(self.gradients[active]) - _squares(gradients)) / predicted
        taken = (gain > LEAST_GAIN) & ~bends
        self._adapt(active, gain, taken)
        self.stalled[active] = step.norm(dim=1) <= EPS * points.norm(dim=1)
        if taken.any():
            self._arrive(active[taken], points[taken], gradients[taken])

    def _proposal(self, active: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return steps, the predicted fall of |g|^2, and which steps bend too much."""
        points, gradients, hessians = self.points[active], self.gradients[active], self.hessians[active]
        least = LEAST_DAMPING * self.norms[active].square()
        solved = _damped_solver(hessians, torch.maximum(self.damping[active], least))
        velocity = solved(gradients)
        change = _times(hessians, velocity)
        bend = (self.gradient(points + PROBE * velocity) - gradients - PROBE * change) * 2 / PROBE**2
        acceleration = solved(bend) / 2
        predicted = _squares(gradients) - _squares(gradients + change)
        bends = 2 * acceleration.norm(dim=1) > MOST_BEND * velocity.norm(dim=1)
        return velocity + acceleration, predicted, bends

    def _adapt(self, active: Tensor, gain: Tensor, taken: Tensor) -> None:
        """Lower the damping of steps that were taken, by up to a third; raise it ever faster if they are refused."""
        growth = self.growth[active]
        factor = torch.where(taken, (1 - (2 * gain - 1) ** 3).clamp(min=1 / 3), growth)
        self.damping[active] *= factor
        self.growth[active] = torch.where(taken, 2.0, 2 * growth)
        self.iterations[active] += 1

    def ends(self) -> CriticalPoints:
        """Return where all searches are."""
        return CriticalPoints(
            self.points,
            self.gradients.norm(dim=1),
            self.residuals,
            torch.linalg.eigvalsh(self.hessians),
            self.are_critical(),
            self.are_flat(),
            self.iterations,
        )


def _damped_solver(hessians: Tensor, damping: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the map of K vectors r to -(H^2 + mu I)^-1 H r; NaN where H^2 + mu I is not positive in rounding."""
    squares = hessians @ hessians
    squares.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    factors, failed = torch.linalg.cholesky_ex(squares)
    factors[failed > 0] = torch.nan
    return lambda vectors: -torch.cholesky_solve(_times(hessians, vectors)[..., None], factors)[..., 0]


def _times(matrices: Tensor, vectors: Tensor) -> Tensor:
    return (matrices @ vectors[..., None])[..., 0]


def _squares(vectors: Tensor) -> Tensor:
    return vectors.square().sum(1)
