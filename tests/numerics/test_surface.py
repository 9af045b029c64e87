"""Flow and nearest points on surfaces where both are known, and curvatures of a circle, a hyperbola and a plane."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.seeds import generator
from geomgen.numerics.surface import Linearised, System, curvatures, gradient_flow, nearest_points


def _hyperbola(points: Tensor) -> Tensor:
    return (points[:, 0] * points[:, 1] - 0.6)[:, None]


def _circle(points: Tensor) -> Tensor:
    return points[:, :2].square().sum(1, keepdim=True) - 4


HYPERBOLA, CIRCLE = System.of(_hyperbola), System.of(_circle)


def _normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=generator(seed, "test-surface"), dtype=torch.float64)


def test_a_product_flows_along_its_invariant_and_not_to_the_nearest_point() -> None:
    start = torch.tensor([[2.8, 3.5]], dtype=torch.float64)
    flow = gradient_flow(HYPERBOLA, start)
    nearest = nearest_points(HYPERBOLA, start, flow.points)
    assert flow.points[0].tolist() == pytest.approx([0.2832, 2.1190], abs=2e-4)
    assert nearest.points[0].tolist() == pytest.approx([0.1785, 3.3607], abs=1e-4)
    assert (flow.points - start).norm() == pytest.approx(2.8708, abs=1e-4)
    assert (nearest.points - start).norm() == pytest.approx(2.6252, abs=1e-4)
    invariant = flow.points[:, 0].square() - flow.points[:, 1].square()
    assert invariant.item() == pytest.approx(2.8**2 - 3.5**2, abs=1e-3)
    assert bool(flow.is_converged & nearest.is_converged)


def test_flows_keep_the_invariant_from_wherever_they_start() -> None:
    starts = _normal(100, 2)
    flow = gradient_flow(HYPERBOLA, starts)
    assert flow.is_converged.all()
    assert _hyperbola(flow.points).abs().max() < 1e-9
    before, after = (points[:, 0].square() - points[:, 1].square() for points in (starts, flow.points))
    assert (after - before).abs().max() < 1e-3


def test_linear_equations_are_solved_at_their_nearest_point_by_all_routes() -> None:
    design, targets, starts = _normal(5, 12), _normal(5, seed=1), _normal(7, 12, seed=2)
    wanted = starts + (targets - starts @ design.T) @ torch.linalg.pinv(design).T

    def values(points: Tensor) -> Tensor:
        return points @ design.T - targets

    system = System.of(values)
    flow = gradient_flow(system, starts)
    nearest = nearest_points(system, starts, starts + 1)
    at = Linearised.at(system, starts)
    assert torch.allclose(flow.points, wanted, atol=1e-8)
    assert torch.allclose(nearest.points, wanted, atol=1e-9)
    assert torch.allclose(starts - at.least_norm(at.residuals), wanted, atol=1e-10)
    assert curvatures(system, at, wanted, _normal(7, 12, seed=3)).max() == 0


def test_the_nearest_point_of_a_sphere_is_on_the_radius() -> None:
    origins = _normal(20, 3)
    found = nearest_points(CIRCLE, origins, origins + 0.3 * _normal(20, 3, seed=1))
    wanted = origins.clone()
    wanted[:, :2] *= 2 / origins[:, :2].norm(dim=1, keepdim=True)
    assert found.is_converged.all()
    assert torch.allclose(found.points, wanted, atol=1e-6)


def test_curvature_is_one_over_the_radius_and_that_of_a_hyperbola() -> None:
    angles = torch.linspace(0, 6, 9, dtype=torch.float64)
    circle = 2 * torch.stack([angles.cos(), angles.sin()], 1)
    assert curvatures(CIRCLE, Linearised.at(CIRCLE, circle), circle, _normal(9, 2)).tolist() == pytest.approx([0.5] * 9)
    first = torch.tensor([0.3, 1.0, -2.0], dtype=torch.float64)
    points = torch.stack([first, 0.6 / first], 1)
    wanted = 1.2 / points.norm(dim=1) ** 3
    found = curvatures(HYPERBOLA, Linearised.at(HYPERBOLA, points), points, _normal(3, 2))
    assert found.tolist() == pytest.approx(wanted.tolist())


def test_jacobians_and_what_is_derived_from_them() -> None:
    points = _normal(4, 2)
    values, rows = HYPERBOLA.jacobian(points)
    assert torch.allclose(rows[:, 0], points.flip(1))
    at = Linearised.at(HYPERBOLA, points)
    assert torch.allclose(at.half_log_det, points.norm(dim=1).log())
    assert torch.allclose(at.along(at.least_norm(values)), values)
    assert at.along(at.tangent(_normal(4, 2, seed=1))).abs().max() < 1e-12
    assert torch.equal(at.chosen(torch.tensor([2])).residuals, values[2:3])


def test_what_has_no_solution_does_not_converge() -> None:
    starts = torch.tensor([[0.5, 0.2]], dtype=torch.float64)

    def values(points: Tensor) -> Tensor:
        return points.square().sum(1, keepdim=True) + 1

    assert not gradient_flow(System.of(values), starts, max_steps=50).is_converged
    assert not nearest_points(System.of(values), starts, starts, max_steps=50).is_converged
    solved = torch.tensor([[2.0, 0.0]], dtype=torch.float64)
    assert torch.equal(gradient_flow(CIRCLE, solved).points, solved)
    assert math.isclose(float(_circle(solved)), 0)
