"""Gradient descent on many least-squares problems at once."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64
from torch import Tensor

CHECKED_EVERY = 25
CHUNK = 1000
RELATIVE_GRADIENT = 1e-11


@dataclass(frozen=True)
class Descent:
    """Where gradient descent ended.

    Attributes:
        dual: The parameters are theta_0 + A^T dual.
        residuals: y - A theta at the end.
        num_steps: Steps of the slowest problem.
        relative_gradient: Largest norm of a gradient at the end over that at the start.
        converged: Whether it fell below the tolerance.
    """

    dual: Float64[Tensor, "N R"]
    residuals: Float64[Tensor, "N R"]
    num_steps: int
    relative_gradient: float
    converged: bool


def gradient_descent(
    design: Float64[Tensor, "N k"],
    residuals: Float64[Tensor, "N R"],
    *,
    tolerance: float = RELATIVE_GRADIENT,
    max_steps: int = 100_000,
) -> Descent:
    r"""Minimise |y - A theta|^2 / 2 by gradient descent from many starting points, for one A.

    Every step adds h A^T r to theta, so that the parameters never leave theta_0 + the span of A's rows. The steps are
    therefore taken on the multipliers: r <- r - h A A^T r, dual <- dual + h r. These are the steps of plain gradient
    descent, at a cost that does not grow with the number of parameters. The rate h = 2 / (smallest + largest nonzero
    eigenvalue of A A^T) is the fastest constant one.

    Args:
        design: A. Any A with the same A A^T makes the same steps: m equal columns can be merged into one, times
            sqrt(m).
        residuals: y - A theta_0, one column per starting point.
        tolerance: Relative norm of the gradient at which a problem counts as solved.
        max_steps: Steps after which it is given up.

    Returns:
        Where it ended.
    """
    eigenvalues = torch.linalg.eigvalsh(design @ design.T)
    resolved = eigenvalues[eigenvalues > len(design) * torch.finfo(design.dtype).eps * eigenvalues[-1]]
    rate = float(2 / (resolved[0] + resolved[-1]))
    parts = [_descend(design, part, rate, tolerance, max_steps) for part in residuals.split(CHUNK, dim=1)]
    return Descent(
        torch.cat([part.dual for part in parts], dim=1),
        torch.cat([part.residuals for part in parts], dim=1),
        max(part.num_steps for part in parts),
        max(part.relative_gradient for part in parts),
        all(part.converged for part in parts),
    )


def _descend(design: Tensor, start: Tensor, rate: float, tolerance: float, max_steps: int) -> Descent:
    gram, residuals, dual = design @ design.T, start.clone(), torch.zeros_like(start)
    first = (design.T @ residuals).norm(dim=0).clamp(min=torch.finfo(design.dtype).tiny)
    for step in range(max_steps + 1):
        if step % CHECKED_EVERY == 0 or step == max_steps:
            relative = float(((design.T @ residuals).norm(dim=0) / first).max())
            if relative <= tolerance or step == max_steps:
                break
        dual.add_(residuals, alpha=rate)
        residuals = torch.addmm(residuals, gram, residuals, alpha=-rate)
    return Descent(dual, residuals, step, relative, relative <= tolerance)
