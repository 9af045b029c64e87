"""Volumes of minima: exact for linear networks, and those of second derivatives for others."""

import math
from dataclasses import replace

import pytest
import torch

from geomgen.config.minima import MinimaConfig
from geomgen.measures.equations import equations_of, fitted
from geomgen.measures.minima import _rows_of_block, errors_at_new_inputs, rows, second_order
from geomgen.models.scalar_networks import ScalarNetworks
from geomgen.numerics.saddlepoint import log_mass_of_quadratic, tilt_of_quadratic
from geomgen.numerics.surface import Linearised, System, gradient_flow
from geomgen.progress import silent
from geomgen.tables.parameter_volume import DEPARTS, RESOLVED
from geomgen.theory.volume import ball_log_mass, log_unit_ball

SMALL = MinimaConfig(inputs=3, train_size=3, networks=20, width=4)


def test_a_linear_model_whose_volume_is_known() -> None:
    """A w = y with orthogonal rows of length s: a ball about y/s in as many directions, and freedom in all others."""
    count, dim, scale, tolerance = 40, 60, 3.0, 0.01
    rows_of_a = scale * torch.linalg.qr(torch.randn(dim, count, dtype=torch.float64))[0].T
    target = torch.ones(count, dtype=torch.float64)
    start = torch.randn(2, dim, dtype=torch.float64)
    system = System.of(lambda points: points @ rows_of_a.T - target)
    ends = gradient_flow(system, start)
    assert ends.is_converged.all()
    at = Linearised.at(system, ends.points)
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
    z = gradient_flow(problem.moved, problem.origins[:1]).points[0] / problem.unit

    def loss(point: torch.Tensor) -> torch.Tensor:
        return (of.networks.outputs(point[None], of.networks.inputs) - of.signs).square().mean()

    values = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, z))
    assert found[0].trace == pytest.approx(float(values.sum()), rel=1e-8)
    assert found[0].num_curved == 3
    assert found[0].half_log_det_nats == pytest.approx(float(values[-3:].log().sum()) / 2, rel=1e-8)
    assert found[0].log_prior_nats == pytest.approx(-float(z.square().sum()) / 2)


def test_a_quadratic_misses_nothing_of_a_linear_model() -> None:
    of = fitted(SMALL)._replace(new_inputs=torch.empty(0, 3).double(), new_signs=torch.empty(0).double())
    matrix = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    target = torch.ones(3, dtype=torch.float64)
    linear = replace(equations_of(of, SMALL), system=System.of(lambda points: points @ matrix.T - target))
    fits = (torch.linalg.pinv(matrix) @ target)[None]
    (row,) = _rows_of_block(of, linear, fits, torch.tensor([0]), SMALL)
    assert row.quadratic_correction_nats == pytest.approx(0, abs=1e-9)
    assert row.quadratic_correction_stderr_nats == pytest.approx(0, abs=1e-9)
    assert row.quadratic_ratio == pytest.approx(1, rel=1e-9)
    assert row.verdict == RESOLVED


@pytest.mark.parametrize(("tolerance", "verdict"), [(30.0, RESOLVED), (1.0, DEPARTS)])
def test_what_the_quadratic_misses_is_a_mean_over_its_law(tolerance: float, verdict: str) -> None:
    """E exp(-k (B - q)) by 4,000 draws of the law that a dense Hessian gives: |z| < 5."""
    config, of = replace(SMALL, tolerance=tolerance), fitted(SMALL)
    problem = equations_of(of, config)
    z = gradient_flow(problem.moved, problem.origins[:1]).points[0] / problem.unit
    (row,) = _rows_of_block(of, problem, z[None], torch.tensor([0]), config)

    def loss(points: torch.Tensor) -> torch.Tensor:
        return problem.system.values(points).square().mean(1)

    hessian = torch.autograd.functional.hessian(lambda point: loss(point[None])[0], z)
    values, vectors = (part[..., -3:] for part in torch.linalg.eigh(hessian))
    weight = max(1 / tolerance, -tilt_of_quadratic(values, vectors.T @ z, tolerance))
    law = torch.distributions.MultivariateNormal(
        torch.linalg.solve(torch.eye(len(z)).double() + weight * hessian, weight * hessian @ z),
        precision_matrix=torch.eye(len(z)).double() + weight * hessian,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        points = law.sample((4000,))
    around = points - z
    factors = (-weight * (loss(points) - ((around @ hessian) * around).sum(1) / 2)).exp()
    assert row.quadratic_correction_nats is not None
    assert row.quadratic_correction_stderr_nats is not None
    spread = math.hypot(row.quadratic_correction_stderr_nats, float(factors.std() / factors.mean()) / math.sqrt(4000))
    assert abs(row.quadratic_correction_nats - math.log(float(factors.mean()))) < 5 * spread
    assert row.verdict == verdict


def test_without_a_prior_in_the_way_the_volume_is_the_ellipsoids() -> None:
    """In a region far smaller than the prior, mass = density times volume."""
    of = fitted(SMALL)
    problem = equations_of(of, SMALL)
    z = gradient_flow(problem.moved, problem.origins[:1]).points / problem.unit
    curvatures, centres = second_order(Linearised.at(problem.system, z), z)
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
