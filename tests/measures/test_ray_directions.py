"""Rays begin inside the region, under a prior at the mode of the mass, and their stretch is told exactly."""

from dataclasses import replace

import pytest
import torch

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.measures import ray_directions
from geomgen.measures.ray_directions import Rays, log_weight, rays_through
from geomgen.measures.region import Region, region_of_network
from geomgen.numerics.lanczos import Eigenpairs
from tests.measures.test_parameter_volume import linear_state

CONFIG, TOLERANCE = ParameterVolumeConfig(directions=12, preconditioner="low-rank"), 0.001


def region_of(std: float | None) -> Region:
    at = linear_state()
    return region_of_network(at, "kl", None if std is None else torch.full_like(at.theta, std))


@pytest.mark.parametrize("std", [None, 0.3, 3.0])
@pytest.mark.parametrize("preconditioner", ["none", "diagonal", "low-rank"])
def test_as_many_directions_as_dimensions_have_the_determinant_of_the_stretch(
    std: float | None, preconditioner: str
) -> None:
    """The sphere's own vectors are those of the prior's standard deviations without a preconditioner."""
    region = region_of(std)
    plain, found = (
        rays_through(region, replace(CONFIG, preconditioner=one), TOLERANCE) for one in ("none", preconditioner)
    )
    change = torch.linalg.slogdet(found.directions)[1] - torch.linalg.slogdet(plain.directions)[1]
    assert float(change) == pytest.approx(found.log_det - plain.log_det, abs=1e-8)


def test_directions_that_do_not_matter_begin_where_the_prior_is_largest() -> None:
    region = region_of(1.0)
    origin = rays_through(region, CONFIG, TOLERANCE).origin
    assert float(region.change(origin[None])) <= TOLERANCE
    shift = origin.view(3, 4).mean(0)  # of all logits alike
    assert torch.allclose(shift, torch.zeros_like(shift), atol=1e-8)
    assert float(region.theta.view(3, 4).mean(0).norm()) > 0.1


def test_without_a_prior_rays_begin_at_the_state() -> None:
    region = region_of(None)
    assert torch.equal(rays_through(region, CONFIG, TOLERANCE).origin, region.theta)


def test_a_krylov_space_gives_the_rays_of_all_eigenvalues(monkeypatch: pytest.MonkeyPatch) -> None:
    region = region_of(0.5)
    exact = rays_through(region, CONFIG, TOLERANCE)
    monkeypatch.setattr(ray_directions, "MOST_STEPS", 11)
    found = rays_through(region, CONFIG, TOLERANCE)
    assert torch.allclose(found.origin, exact.origin, atol=1e-4)
    assert torch.allclose(found.directions, exact.directions, atol=1e-6)


def test_no_more_than_two_decompositions_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """One at the state, which all steps to the mode are solved with, and one at the mode."""
    points, plain = list[torch.Tensor](), ray_directions.curvature_at

    def counted(region: Region, config: ParameterVolumeConfig, point: torch.Tensor) -> Eigenpairs:
        points.append(point)
        return plain(region, config, point)

    monkeypatch.setattr(ray_directions, "curvature_at", counted)
    region = region_of(0.5)
    origin = rays_through(region, CONFIG, TOLERANCE).origin
    assert torch.equal(torch.stack(points), torch.stack([region.theta, origin]))


def test_the_weight_along_a_ray_is_the_priors_density() -> None:
    region = region_of(0.5)
    rays = rays_through(region, CONFIG, TOLERANCE)
    quadratic, linear, log_density = log_weight(region, rays)
    points = rays.origin + 0.7 * rays.directions
    wanted = torch.distributions.Normal(0.0, 0.5).log_prob(points).sum(1)
    assert torch.allclose(log_density - quadratic * 0.7**2 / 2 - linear * 0.7, wanted, atol=1e-9)


def test_a_network_that_nothing_changes_has_the_priors_own_directions() -> None:
    at = linear_state()
    still = at._replace(inputs=torch.zeros_like(at.inputs))
    region = region_of_network(still, "kl", torch.full_like(at.theta, 2.0))
    found: Rays = rays_through(region, CONFIG, TOLERANCE)
    assert torch.allclose(found.directions.norm(dim=1), torch.full((12,), 2.0, dtype=torch.float64))
