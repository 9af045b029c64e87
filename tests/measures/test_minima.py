"""Volumes of minima: exact for linear networks, and those of second derivatives for others."""

import math

import pytest
import torch

from geomgen.config.minima import MinimaConfig
from geomgen.measures.equations import equations_of, fitted
from geomgen.measures.minima import errors_at_new_inputs, rows, second_order
from geomgen.models.scalar_networks import ScalarNetworks
from geomgen.numerics.saddlepoint import log_mass_of_quadratic
from geomgen.numerics.surface import Linearised, gradient_flow
from geomgen.progress import silent
from geomgen.theory.volume import ball_log_mass, log_unit_ball

SMALL = MinimaConfig(inputs=3, train_size=3, networks=20, width=4)


def test_a_linear_model_whose_volume_is_known() -> None:
    """A w = y with orthogonal rows of length s: a ball about y/s in as many directions, and freedom in all others."""
    count, dim, scale, tolerance = 40, 60, 3.0, 0.01
    rows_of_a = scale * torch.linalg.qr(torch.randn(dim, count, dtype=torch.float64))[0].T
    target = torch.ones(count, dtype=torch.float64)
    start = torch.randn(2, dim, dtype=torch.float64)
    ends = gradient_flow(lambda points: points @ rows_of_a.T - target, start)
    assert ends.is_converged.all()
    at = Linearised.at(lambda points: points @ rows_of_a.T - target, ends.points)
    curvatures, centres = second_order(at, ends.points)
    torch.testing.assert_close(curvatures, torch.full_like(curvatures, 2 * scale**2 / count))
    torch.testing.assert_close(centres.square().sum(1), torch.full((2,), count / scale**2, dtype=torch.float64))
    radius = math.sqrt(tolerance * count) / scale
    wanted = ball_log_mass(count, radius, math.sqrt(count) / scale)
    for h, m in zip(curvatures, centres, strict=True):
        assert log_mass_of_quadratic(h, m, tolerance).value == pytest.approx(wanted, abs=0.01)


def test_rows_hold_the_hessian_of_the_loss() -> None:
    of = fitted(SMALL)
    problem = equations_of(of, SMALL)
    found = rows(SMALL, silent)
    assert [row.network for row in found] == list(range(20))
    z = gradient_flow(problem.moved, problem.origins).points[0] / problem.unit

    def loss(point: torch.Tensor) -> torch.Tensor:
        return (of.networks.outputs(point[None], of.networks.inputs) - of.signs).square().mean()

    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, z))
    assert found[0].trace == pytest.approx(float(values.sum()), rel=1e-8)
    assert found[0].num_curved == 3
    assert found[0].half_log_det_nats == pytest.approx(float(values[-3:].log().sum()) / 2, rel=1e-8)
    assert found[0].log_prior_nats == pytest.approx(-float(z.square().sum()) / 2)


def test_without_a_prior_in_the_way_the_volume_is_the_ellipsoids() -> None:
    """In a region far smaller than the prior, mass = density times volume."""
    of = fitted(SMALL)
    problem = equations_of(of, SMALL)
    z = gradient_flow(problem.moved, problem.origins).points[:1] / problem.unit
    curvatures, centres = second_order(Linearised.at(problem.values, z), z)
    tolerance = 1e-8
    found = log_mass_of_quadratic(curvatures[0], centres[0], tolerance).value
    density = -float(centres.square().sum()) / 2 - 3 / 2 * math.log(2 * math.pi)
    volume = log_unit_ball(3) + float((2 * tolerance / curvatures[0]).log().sum()) / 2
    assert found == pytest.approx(density + volume, abs=0.06)  # 6 %: the saddlepoint's with three directions


def test_errors_are_at_new_inputs() -> None:
    networks = ScalarNetworks(torch.eye(2, dtype=torch.float64), (), "identity", 1.0, 0.0)
    of = fitted(SMALL)._replace(
        networks=networks,
        new_inputs=torch.eye(2, dtype=torch.float64),
        new_signs=torch.tensor([1.0, -1.0], dtype=torch.float64),
    )
    points = torch.tensor([[1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]], dtype=torch.float64)
    found = errors_at_new_inputs(of, points)
    assert found is not None
    assert found.tolist() == [0.0, 0.5, 1.0]
    assert errors_at_new_inputs(of._replace(new_inputs=of.new_inputs[:0], new_signs=of.new_signs[:0]), points) is None


def test_what_cannot_be_fitted_has_no_row() -> None:
    linear = MinimaConfig(inputs=3, train_size=8, networks=20, width=4, activation="identity", target="parity")
    assert rows(linear, silent) == []
