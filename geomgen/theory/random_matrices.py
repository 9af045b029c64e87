"""Eigenvalues of random symmetric matrices: the index of random functions' critical points, and chances of minima."""

import math

import numpy as np
from jaxtyping import Float64
from numpy.typing import NDArray

Array = NDArray[np.float64]

GOE_EXPONENT = math.log(3) / 4


def semicircle_below(place: Float64[Array, " n"]) -> Float64[Array, " n"]:
    """Return the fraction of the semicircle law of radius 1 below some places: 1/2 + (x sqrt(1 - x^2) + asin x) / pi.

    Args:
        place: x; below -1 the fraction is 0, above 1 it is 1.
    """
    inside = np.clip(place, -1, 1)
    return np.asarray(0.5 + (inside * np.sqrt(1 - inside**2) + np.arcsin(inside)) / math.pi)


def semicircle_density(place: Float64[Array, " n"]) -> Float64[Array, " n"]:
    """Return the density of the semicircle law of radius 1 at some places: 2 sqrt(1 - x^2) / pi, 0 outside.

    Args:
        place: x.
    """
    return np.asarray(2 / math.pi * np.sqrt(np.maximum(1 - place**2, 0)))


def index_at(loss: Float64[Array, " n"], lowest: float, middle: float) -> Float64[Array, " n"]:
    r"""Return the index of a Gaussian random function's critical points at some losses, in many dimensions.

    Their Hessians have a semicircle of eigenvalues whose centre falls linearly with the loss E: all of it is above 0 at
    E_c, and half at E_0. Near E_c the index is 4 sqrt(2) / (3 pi) ((E - E_c) / (E_0 - E_c))^(3/2).

    Args:
        loss: E.
        lowest: E_c.
        middle: E_0, above E_c.

    Source:
        Bray and Dean (2007), Statistics of critical points of Gaussian fields on large-dimensional spaces.
    """
    return semicircle_below((loss - middle) / (middle - lowest))


def index_near_lowest(loss: Float64[Array, " n"], lowest: float, middle: float) -> Float64[Array, " n"]:
    """Return the power law that `index_at` follows near the lowest loss; 0 below it. Arguments as there."""
    excess = np.maximum(loss - lowest, 0) / (middle - lowest)
    return np.asarray(4 * math.sqrt(2) / (3 * math.pi) * excess**1.5)


def log_chance_of_minimum(dimension: float) -> float:
    """Return the leading term of ln P that a random symmetric matrix has no negative eigenvalue: -(ln 3 / 4) D^2.

    Of the Gaussian orthogonal ensemble.

    Args:
        dimension: D.

    Source:
        Dean and Majumdar (2006), Large deviations of extreme eigenvalues of random matrices.
    """
    return -GOE_EXPONENT * dimension**2


def log_chance_of_minimum_by_signs(dimension: float, positive: float) -> float:
    """Return ln p^D, of D eigenvalues whose signs are independent.

    Args:
        dimension: D.
        positive: p, the chance that one is positive.
    """
    return dimension * math.log(positive) if positive else -math.inf
