"""Linear equations whose matrix is known by its products alone."""

from collections.abc import Callable

import torch
from jaxtyping import Float64
from torch import Tensor

Map = Callable[[Float64[Tensor, " D"]], Float64[Tensor, " D"]]


def conjugate_gradients(
    product: Map, side: Float64[Tensor, " D"], precondition: Map, *, tolerance: float, max_steps: int
) -> Float64[Tensor, " D"]:
    """Solve A x = b for a symmetric positive definite A; for another, stop where a direction bends down.

    Args:
        product: Returns A v.
        side: b.
        precondition: Returns M^-1 v, with M a symmetric positive definite approximation of A.
        tolerance: By how much sqrt(r^T M^-1 r) is to fall, r = b - A x.
        max_steps: After which x is returned as it is.

    Returns:
        x; b^T x is above 0 after any number of steps.

    Source:
        Golub and Van Loan, Matrix Computations, section 11.5; Steihaug (1983) for matrices that bend down.
    """
    solution, residual = torch.zeros_like(side), side
    direction = step = precondition(residual)
    size = residual.dot(step)
    goal = tolerance**2 * size
    for _ in range(max_steps):
        if size <= goal:
            break
        image = product(direction)
        curvature = direction.dot(image)
        if curvature <= 0:
            return solution if solution.any() else direction
        length = size / curvature
        solution = solution + length * direction
        residual = residual - length * image
        step = precondition(residual)
        before, size = size, residual.dot(step)
        direction = step + size / before * direction
    return solution
