"""Closed forms of the learning coefficient and of occupancy, for losses whose geometry is known."""

import math
from collections.abc import Sequence
from itertools import pairwise

from scipy.integrate import quad


def quadratic_coefficient(
    curvatures: Sequence[float], n_beta: float, localization: float = 0.0, step: float = 0.0
) -> float:
    r"""Return n beta E[L] for L = 1/2 sum h_i w_i^2 under exp(-n beta L - gamma/2 |w|^2), as SGLD with step e draws it.

    1/2 sum n beta h_i / (a_i (1 - e a_i/4)) with a_i = n beta h_i + gamma; e = 0 is the exact law.

    Args:
        curvatures: h.
        n_beta: n beta.
        localization: gamma.
        step: e.

    Raises:
        ValueError: If the step is so long that the chain has no stationary law, e a_i >= 4.
    """
    rates = [n_beta * curvature + localization for curvature in curvatures]
    if rates and step * max(rates) >= 4:
        raise ValueError(f"a step of {step:g} diverges where it must be below {4 / max(rates):g}")
    return 0.5 * sum(
        n_beta * curvature / (rate * (1 - step * rate / 4)) for curvature, rate in zip(curvatures, rates, strict=True)
    )


def homogeneous_coefficient(degree: int, dimension: int) -> float:
    """Return n beta E[K] = d / degree for a homogeneous K > 0 off the origin: the same at every n beta."""
    return dimension / degree


def normal_crossing_coefficient(degree: int, dimension: int, n_beta: float) -> float:
    r"""Return n beta E[K] for K = prod_i w_i^degree, w uniform on [-1, 1]^d, weighted by exp(-n beta K).

    -ln |w_i| is exponential, so K = exp(-degree s) with s of the gamma law of shape d.

    Args:
        degree: Even.
        dimension: d.
        n_beta: n beta.
    """
    log_gamma = math.lgamma(dimension)

    def weight(s: float) -> float:
        return math.exp((dimension - 1) * math.log(s) - s - log_gamma - n_beta * math.exp(-degree * s))

    def weighted(s: float) -> float:
        return n_beta * math.exp(-degree * s) * weight(s)

    end = dimension + 40 * math.sqrt(dimension) + 60
    inside = {math.log(max(n_beta, math.e)) / degree, dimension / (1 + degree), float(dimension)}
    edges = [0.0, *sorted(edge for edge in inside if edge < end), end]
    mass, moment = (
        sum(quad(function, low, high, epsabs=0, epsrel=1e-10, limit=200)[0] for low, high in pairwise(edges))
        for function in (weight, weighted)
    )
    return moment / mass


def reduced_rank_coefficient(shape: tuple[int, int, int], rank: int) -> float:
    """Return the learning coefficient of |B A - M|^2 with B ``(m, h)``, A ``(h, n)`` and M of a given rank.

    Args:
        shape: m, h, n.
        rank: Of M.

    Source:
        Aoyagi and Watanabe (2005), Stochastic complexities of reduced rank regression in Bayesian estimation.
    """
    outputs, hidden, inputs = shape
    if inputs + hidden < outputs + rank:
        return (hidden * inputs - hidden * rank + outputs * rank) / 2
    if outputs + hidden < inputs + rank:
        return (hidden * outputs - hidden * rank + inputs * rank) / 2
    if inputs + outputs < hidden + rank:
        return inputs * outputs / 2
    both = hidden + rank
    value = -(both**2) - inputs**2 - outputs**2 + 2 * both * (inputs + outputs) + 2 * inputs * outputs
    return (value + (both + inputs + outputs) % 2) / 8


def occupancy_ratio(
    curvatures: Sequence[float], others: Sequence[float], n_beta: float = 1.0, depth: float = 0.0
) -> float:
    r"""Return how much more often a basin with Hessian diag(a) is occupied than one with diag(b).

    exp(-n beta depth) prod_i sqrt(b_i / a_i): the ratio of their volumes, against their difference of depth.

    Args:
        curvatures: a.
        others: b.
        n_beta: n beta.
        depth: Loss at the bottom of the first minus that of the second.
    """
    log_ratio = sum(math.log(other / own) for own, other in zip(curvatures, others, strict=True)) / 2
    return math.exp(log_ratio - n_beta * depth)
