"""Closed forms of volumes against published values, scipy and each other."""

import math

import numpy as np
import pytest
from scipy import stats

from geomgen.theory.volume import (
    ball_log_mass,
    ellipsoid_log_volume,
    homogeneous_log_volume,
    isotropic_log_mass,
    log_normal_top_share,
    log_unit_ball,
    log_volume_ratio,
    normal_crossing_log_volume,
    quadratic_log_volume,
)


def test_unit_balls() -> None:
    balls = {1: math.log(2), 2: math.log(math.pi), 3: math.log(4 / 3 * math.pi)}
    for dim, exact in balls.items():
        assert log_unit_ball(dim) == pytest.approx(exact)


def test_an_ellipsoid() -> None:
    assert ellipsoid_log_volume(np.logspace(-2, 2, 20).tolist(), 0.01) == pytest.approx(-42.7773, abs=5e-5)
    assert ellipsoid_log_volume([1.0, 4.0], 0.5) == pytest.approx(math.log(math.pi / 2))


def test_the_ratio_of_two_ellipsoids_is_that_of_their_volumes_and_log_normal_for_log_normal_eigenvalues() -> None:
    first, second = [1.0, 2.0, 9.0], [4.0, 2.0, 1.0]
    difference = ellipsoid_log_volume(first, 0.1) - ellipsoid_log_volume(second, 0.1)
    assert log_volume_ratio(first, second) == pytest.approx(difference)
    drawn, dim = np.random.default_rng(0), 50
    ratios = [log_volume_ratio(*np.exp(drawn.normal(size=(2, dim))).tolist()) for _ in range(2000)]
    assert np.std(ratios) == pytest.approx(math.sqrt(dim / 2), rel=5 / math.sqrt(2 * 2000))
    assert abs(stats.skew(ratios)) < 5 * math.sqrt(6 / 2000)


@pytest.mark.parametrize(
    ("dim", "radius", "distance", "std"), [(10, 2, 1, 1), (3, 4, 2, 2), (1, 1, 0, 1), (50, 6, 3, 1)]
)
def test_a_ball_is_noncentral_chi_squared_where_scipy_can_tell(
    dim: int, radius: float, distance: float, std: float
) -> None:
    x, centre = (radius / std) ** 2, (distance / std) ** 2
    exact = stats.ncx2.logcdf(x, dim, centre) if centre else stats.chi2.logcdf(x, dim)
    assert ball_log_mass(dim, radius, distance, std) == pytest.approx(float(exact), abs=1e-9)


def test_a_ball_whose_mass_underflows() -> None:
    assert ball_log_mass(4810, 20, 60) == pytest.approx(-5435.61, abs=0.005)


@pytest.mark.parametrize(("degree", "dimension"), [(2, 3), (4, 1), (6, 2)])
def test_volumes_of_potentials_are_integrals_and_slopes_their_derivatives(degree: int, dimension: int) -> None:
    tolerance, step = 0.05, 1e-5
    source = np.random.default_rng(0)
    points = source.uniform(-1, 1, (400_000, dimension)) ** degree
    for law, levels in ((homogeneous_log_volume, points.sum(1)), (normal_crossing_log_volume, points.prod(1))):
        share = float((levels <= tolerance).mean())
        exact = law(degree, dimension, tolerance)
        wanted = math.exp(exact.value) / 2**dimension
        assert abs(share - wanted) < 5 * math.sqrt(wanted / len(levels))
        above, below = (law(degree, dimension, tolerance * math.exp(shift)).value for shift in (step, -step))
        assert exact.slope == pytest.approx((above - below) / (2 * step), rel=1e-6)
    assert normal_crossing_log_volume(degree, dimension, 2.0) == (dimension * math.log(2), 0.0)


def test_the_mass_of_an_isotropic_quadratic_is_a_chi_squared_laws_tail() -> None:
    found = isotropic_log_mass(7, 2.0, 0.5, 0.3)
    wanted = stats.chi2.logcdf(2 * 0.3 / (2.0 * 0.25), 7)
    assert found.value == pytest.approx(wanted, abs=1e-9)
    above, below = (isotropic_log_mass(7, 2.0, 0.5, 0.3 * math.exp(shift)).value for shift in (1e-5, -1e-5))
    assert found.slope == pytest.approx((above - below) / 2e-5, rel=1e-6)
    assert quadratic_log_volume((1.0, 4.0), 0.3) == (ellipsoid_log_volume((1.0, 4.0), 0.3), 1.0)


def test_the_share_of_the_largest_log_normal_sizes() -> None:
    """The mean of exp(s x) above a quantile, over all of it, by quadrature."""
    assert log_normal_top_share(0.0, 0.1) == pytest.approx(0.1)
    for std in (0.5, 1.0, 3.0):
        place = np.linspace(stats.norm.ppf(0.9), 20, 200_001)
        above = np.trapezoid(np.exp(std * place - std**2 / 2) * stats.norm.pdf(place), place)
        assert log_normal_top_share(std, 0.1) == pytest.approx(float(above), abs=1e-6)
