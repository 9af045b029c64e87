"""Log masses of Gaussian quadratic forms against chi-squared laws and against simulation."""

import math

import pytest
import torch
from scipy import stats

from geomgen.numerics.saddlepoint import log_mass_of_quadratic, lugannani_rice
from geomgen.theory.volume import ball_log_mass


@pytest.mark.parametrize(("dim", "radius", "distance"), [(4810, 20, 60), (400, 10, 5), (20, 2, 1), (100, 0.01, 30)])
def test_an_off_centre_ball_in_many_dimensions(dim: int, radius: float, distance: float) -> None:
    centres = torch.full((dim,), distance / math.sqrt(dim), dtype=torch.float64)
    found = log_mass_of_quadratic(torch.ones(dim, dtype=torch.float64), centres, radius**2 / 2)
    assert found.value == pytest.approx(ball_log_mass(dim, radius, distance), abs=0.02)


@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("share", [1e-9, 1e-3, 0.3, 0.6, 0.999])
def test_in_few_dimensions_the_error_is_at_most_that_of_stirlings_formula(dim: int, share: float) -> None:
    limit = float(stats.chi2.ppf(share, dim)) / 2
    ones, half = torch.ones(dim, dtype=torch.float64), dim / 2
    stirling = math.lgamma(half + 1) - math.log(2 * math.pi * half) / 2 - half * math.log(half) + half
    assert log_mass_of_quadratic(ones, 0 * ones, limit).value == pytest.approx(math.log(share), abs=stirling)


def test_the_mean_itself_is_no_exception() -> None:
    ones = torch.ones(50, dtype=torch.float64)
    at, near = (log_mass_of_quadratic(ones, 0 * ones, 25 * factor).value for factor in (1.0, 1 + 1e-5))
    assert at == pytest.approx(near, abs=1e-4)
    assert at == pytest.approx(float(stats.chi2.logcdf(50, 50)), abs=1e-3)
    assert lugannani_rice(0.0, 0.0, 1.0, 0.0) == math.log(0.5)


def test_unequal_eigenvalues_and_centres_agree_with_simulation() -> None:
    h = torch.logspace(-2, 1, 12, dtype=torch.float64)
    centres = torch.linspace(-1, 2, 12, dtype=torch.float64)
    drawn = torch.randn(400_000, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = (drawn - centres).square() @ h / 2
    for limit in (3.0, 15.0):
        share = float((values <= limit).double().mean())
        stderr = math.sqrt((1 - share) / share / len(values))
        found = log_mass_of_quadratic(h, centres, limit).value
        assert found == pytest.approx(math.log(share), abs=5 * stderr + 0.02)


def test_flat_directions_play_no_part_and_all_of_them_leave_mass_1() -> None:
    h, centres = torch.tensor([0.0, 2.0, 3.0]).double(), torch.tensor([5.0, 0.0, 1.0]).double()
    assert log_mass_of_quadratic(h, centres, 0.1) == log_mass_of_quadratic(h[1:], centres[1:], 0.1)
    assert log_mass_of_quadratic(h[:1], centres[:1], 0.1) == (0.0, 0.0)


def test_the_derivative_is_half_the_dimension_of_a_small_ellipsoid() -> None:
    h = torch.logspace(0, 3, 60, dtype=torch.float64)
    assert log_mass_of_quadratic(h, 0 * h, 1e-6).log_derivative == pytest.approx(30, rel=1e-3)


def test_curvature_far_below_the_limit_leaves_mass_1() -> None:
    for size in (1e-12, 1e-19, 1e-300):
        h = torch.full((3,), size, dtype=torch.float64)
        assert log_mass_of_quadratic(h, torch.zeros_like(h), 0.01) == pytest.approx((0.0, 0.0), abs=1e-12)
