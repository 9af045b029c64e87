"""Radii of regions against exact ones, and masses along rays against adaptive quadrature."""

import math

import pytest
import torch
from scipy.integrate import quad
from torch import Tensor

from geomgen.numerics.log_mean import log_mean_exp
from geomgen.numerics.radial import NATS_PER_RADIUS, log_ray_masses, search_radii
from geomgen.theory.volume import ellipsoid_log_volume, log_unit_ball


def directions(count: int, dim: int) -> Tensor:
    """Return points on the unit sphere."""
    drawn = torch.randn(count, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    unit: Tensor = drawn / drawn.square().sum(1, keepdim=True).sqrt()
    return unit


@pytest.mark.parametrize("power", [1, 2, 4])
@pytest.mark.parametrize("dim", [3, 4810])
@pytest.mark.parametrize("radius", [8.016, 7.984, 1e-9, 1e9])
def test_every_radius_is_within_its_tolerance(power: int, dim: int, radius: float) -> None:
    found = search_radii(lambda log_radius, _rays: (log_radius.exp() / radius) ** power, 4, 1.0, dim)
    assert not found.is_censored.any()
    assert (found.log_width <= NATS_PER_RADIUS / dim).all()
    assert (found.log_radius - math.log(radius)).abs().max() <= NATS_PER_RADIUS / dim


def test_a_step_is_found_as_exactly_as_a_slope() -> None:
    edges = torch.tensor([0.3, 5.0, 70.0], dtype=torch.float64)
    found = search_radii(lambda log_radius, rays: (log_radius.exp() > edges[rays]).double(), 3, 0.5, 1000)
    assert (found.log_radius - edges.log()).abs().max() <= NATS_PER_RADIUS / 1000


def test_the_first_crossing_counts() -> None:
    def level(log_radius: Tensor, _rays: Tensor) -> Tensor:
        radius = log_radius.exp()
        return torch.where(radius < 2, radius, 0.1 * radius)

    assert search_radii(level, 1, 1.5, 10).log_radius.exp().item() == pytest.approx(1.5, rel=1e-3)


def test_a_ray_that_never_leaves_is_censored_and_what_is_not_finite_is_outside() -> None:
    def level(log_radius: Tensor, rays: Tensor) -> Tensor:
        return torch.where(rays == 0, 0.0, torch.where(log_radius > 1, math.nan, 0.0))

    found = search_radii(level, 2, 1.0, 10)
    assert found.is_censored.tolist() == [True, False]
    assert found.log_radius[1].item() == pytest.approx(1, abs=1e-3)


def test_a_ray_without_an_inside_is_refused() -> None:
    with pytest.raises(ValueError, match="1 rays are outside"):
        search_radii(lambda log_radius, _rays: torch.full_like(log_radius, 2.0), 1, 1.0, 10)


def test_whitened_directions_have_no_spread_and_give_the_ellipsoid() -> None:
    dim, tolerance = 20, 0.01
    h = torch.logspace(-2, 2, dim, dtype=torch.float64)
    stretched = directions(100, dim) * h.rsqrt()
    found = search_radii(
        lambda log_radius, rays: (log_radius.exp()[:, None] * stretched[rays]).square() @ h / 2, 100, tolerance, dim
    )
    mean = log_mean_exp(dim * found.log_radius)
    value = log_unit_ball(dim) + float(h.log().sum()) / -2 + mean.value
    assert value == pytest.approx(ellipsoid_log_volume(h.tolist(), tolerance), abs=NATS_PER_RADIUS)
    assert value == pytest.approx(-42.7773, abs=NATS_PER_RADIUS)
    assert float((dim * found.log_radius).std()) < NATS_PER_RADIUS


@pytest.mark.parametrize(("count", "about"), [(100, -608), (1000, -597)])
def test_naive_directions_are_told_from_a_volume_that_is_resolved(count: int, about: float) -> None:
    dim, tolerance = 100, 0.01
    h = torch.logspace(0, 4, dim, dtype=torch.float64)
    plain = directions(count, dim)
    found = search_radii(
        lambda log_radius, rays: (log_radius.exp()[:, None] * plain[rays]).square() @ h / 2, count, tolerance, dim
    )
    mean = log_mean_exp(dim * found.log_radius)
    assert ellipsoid_log_volume(h.tolist(), tolerance) == pytest.approx(-517.10, abs=0.005)
    assert log_unit_ball(dim) + mean.value == pytest.approx(about, abs=25)
    assert mean.ess < 10 or (mean.pareto_k or 0) > 0.7


@pytest.mark.parametrize("dim", [1, 2, 10, 60])
@pytest.mark.parametrize(
    ("quadratic", "linear", "radius"), [(1.0, 0.0, 1.6), (2.0, -3.0, 10.0), (0.5, 2.0, 0.1), (1.0, -30.0, 50.0)]
)
def test_masses_along_rays_are_those_of_quadrature(dim: int, quadratic: float, linear: float, radius: float) -> None:
    mode = (-linear + math.sqrt(linear**2 + 4 * quadratic * (dim - 1))) / (2 * quadratic)
    top = min(max(mode, 1e-12), radius)

    def exponent(r: float) -> float:
        return (dim - 1) * math.log(r) - quadratic * r * r / 2 - linear * r if r > 0 else -math.inf

    shift = exponent(top)
    exact = quad(lambda r: math.exp(exponent(r) - shift), 0, radius, points=[top], epsabs=0, epsrel=1e-11, limit=500)[0]
    end, a, b = (torch.tensor([value], dtype=torch.float64) for value in (math.log(radius), quadratic, linear))
    assert log_ray_masses(end, a, b, dim).item() == pytest.approx(shift + math.log(exact), abs=1e-8)


def test_without_a_weight_the_mass_of_a_ray_is_a_power() -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert log_ray_masses(zero + 2, zero, zero, 5).item() == pytest.approx(10 - math.log(5))
