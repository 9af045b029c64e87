"""What Gauss quadrature by Lanczos says of a distribution of eigenvalues: bounds, not only a value.

A start vector z of length 1 gives the distribution that puts (u_i . z)^2 on the eigenvalue of each eigenvector u_i.
After m steps its moments up to the 2m-th are known, and they leave a range of values open at each point.
"""

from typing import NamedTuple

import torch

from geomgen.numerics.lanczos import Tridiagonal, ritz


class Range(NamedTuple):
    """The smallest and the largest value that a number can have."""

    low: float
    high: float


def share_below(found: Tridiagonal, limit: float) -> Range:
    r"""Return the bounds of Chebyshev, Markov and Stieltjes on the share of eigenvalues below, or at, a limit x.

    Among all distributions with the known moments there is one with an atom at x and m others at most: its nodes and
    weights are those of T with one more row, chosen so that x is an eigenvalue. For the true distribution mu,

    sum_{theta_i < x} w_i <= mu((-inf, x)) <= mu((-inf, x]) <= sum_{theta_i <= x} w_i.

    Nothing better follows from the moments. If the Krylov space ended, mu itself is known.

    Args:
        found: T of m steps.
        limit: x.

    Source:
        Karlin and Studden (1966), Tchebycheff Systems; Golub (1973) for the row.
    """
    rule = ritz(_with_node(found, limit) if found.last else found)
    values = rule.values
    if found.last:  # the node at x is there up to rounding
        values = torch.where(torch.arange(len(values)) == (values - limit).abs().argmin(), limit, values)
    return Range(float(rule.weights[values < limit].sum()), min(1.0, float(rule.weights[values <= limit].sum())))


def _with_node(found: Tridiagonal, node: float) -> Tridiagonal:
    """Return T with one more row and column, such that it has an eigenvalue at a node."""
    last = node + found.last**2 * _resolvent(found, node)
    diagonal = torch.cat([found.diagonal, found.diagonal.new_tensor([last])])
    off_diagonal = torch.cat([found.off_diagonal, found.diagonal.new_tensor([found.last])])
    return Tridiagonal(diagonal, off_diagonal, 0.0, found.rounding)


def _resolvent(found: Tridiagonal, node: float) -> float:
    """Return e_m^T (T - x)^-1 e_m; at an eigenvalue, that of a point one rounding away."""
    values, vectors = torch.linalg.eigh(found.matrix)
    gaps = values - node
    smallest = max(found.rounding, torch.finfo(torch.float64).tiny)
    return float((vectors[-1].square() / torch.where(gaps.abs() < smallest, smallest, gaps)).sum())
