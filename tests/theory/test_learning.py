"""Closed forms of the learning coefficient against published numbers and plain integrals."""

import math

import numpy as np
import pytest
from scipy import stats

from geomgen.theory.learning import (
    homogeneous_coefficient,
    normal_crossing_coefficient,
    occupancy_ratio,
    quadratic_coefficient,
    reduced_rank_coefficient,
)

CURVATURES = np.linspace(0.5, 2, 20).tolist()


@pytest.mark.parametrize(("localization", "wanted"), [(0, 10.48), (100, 6.71)])
def test_a_quadratic_under_sgld_has_its_published_coefficient(localization: float, wanted: float) -> None:
    assert quadratic_coefficient(CURVATURES, 144.765, localization, 1e-3) == pytest.approx(wanted, abs=0.005)


@pytest.mark.parametrize("n_beta", [10, 1e2, 1e4])
def test_a_quadratic_alone_has_half_its_dimension_at_every_n_beta(n_beta: float) -> None:
    assert quadratic_coefficient(CURVATURES, n_beta) == pytest.approx(10)


def test_a_step_that_diverges_has_no_stationary_law() -> None:
    with pytest.raises(ValueError, match=r"a step of 0\.5 diverges where it must be below 0\.4"):
        quadratic_coefficient([1.0], 10, step=0.5)


@pytest.mark.parametrize(("n_beta", "wanted"), [(144.765, 0.3559), (1e4, 0.4105), (1e6, 0.4366)])
def test_a_normal_crossing_has_its_published_coefficient(n_beta: float, wanted: float) -> None:
    assert normal_crossing_coefficient(2, 2, n_beta) == pytest.approx(wanted, abs=5e-5)


def test_a_normal_crossing_is_its_plain_integral_over_the_cube() -> None:
    axis = (np.arange(200) + 0.5) / 200
    products = (axis[:, None, None] * axis[:, None] * axis) ** 4
    weights = np.exp(-30 * products)
    assert normal_crossing_coefficient(4, 3, 30) == pytest.approx(
        30 * (products * weights).sum() / weights.sum(), rel=1e-3
    )


@pytest.mark.parametrize(
    ("shape", "rank", "wanted"),
    [((5, 3, 5), 0, 6.5), ((5, 3, 5), 1, 8), ((5, 3, 5), 2, 9.5), ((3, 8, 4), 0, 6), ((2, 3, 9), 1, 6)],
)
def test_reduced_rank_regression_has_its_published_coefficient(
    shape: tuple[int, int, int], rank: int, wanted: float
) -> None:
    outputs, hidden, inputs = shape
    assert reduced_rank_coefficient(shape, rank) == wanted
    assert reduced_rank_coefficient((inputs, hidden, outputs), rank) == wanted  # the transposed problem


def test_a_full_rank_factorisation_has_half_the_dimension_of_the_matrix() -> None:
    assert reduced_rank_coefficient((3, 3, 3), 3) == 9 / 2
    assert reduced_rank_coefficient((1, 1, 1), 0) == 1 / 2  # a b = 0: a normal crossing


def test_homogeneous_losses_have_their_dimension_over_their_degree() -> None:
    assert homogeneous_coefficient(4, 3) == 0.75


def test_occupancy_is_the_ratio_of_volumes_against_the_difference_of_depth() -> None:
    assert occupancy_ratio([1, 1, 1], [4, 9, 1]) == pytest.approx(6)
    assert occupancy_ratio([1, 1, 1], [4, 9, 1], n_beta=100, depth=0.01) == pytest.approx(6 * math.exp(-1))


@pytest.mark.parametrize(("dimension", "n_beta"), [(50, 1.0), (60, 1e12), (100, 1e60)])
def test_a_normal_crossing_of_many_dimensions_is_its_plain_integral_over_the_gamma_law(
    dimension: int, n_beta: float
) -> None:
    s = np.linspace(1e-6, 600, 2_000_001)
    energy = n_beta * np.exp(-2 * s)
    weight = np.exp(stats.gamma(dimension).logpdf(s) - energy)
    wanted = (energy * weight).sum() / weight.sum()
    assert normal_crossing_coefficient(2, dimension, n_beta) == pytest.approx(wanted, rel=1e-6)


def test_of_a_thousand_dimensions_hardly_any_volume_is_off_the_minimum() -> None:
    assert normal_crossing_coefficient(2, 1000, 1e4) == pytest.approx(0, abs=1e-300)
