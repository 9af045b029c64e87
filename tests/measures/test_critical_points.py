"""The objective against autograd, starting points that nest, and rows that say what is there."""

import pytest
import torch
from torch import nn
from torch.autograd.functional import hessian as dense_hessian

from geomgen.measures import critical_points as measure
from geomgen.measures.critical_points import Objective, needed_bytes, rows, searched, starting_points
from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.progress import silent

L2 = 0.02


def _randn(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


@pytest.fixture(scope="module")
def objective() -> Objective:
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2), nn.Tanh(), nn.Linear(2, 3)).double()
    network = NetworkFunction(model, loss=squared_error)
    return Objective(network, _randn(9, 1, 2, 2), torch.arange(9) % 3, L2)


def test_the_objective_and_its_derivatives_are_autograds(objective: Objective) -> None:
    thetas = _randn(2, objective.network.layout.size)

    def value(theta: torch.Tensor) -> torch.Tensor:
        return objective.network.loss(theta, objective.inputs, objective.labels) + L2 / 2 * theta.dot(theta)

    for place, theta in enumerate(thetas):
        assert float(objective.value(thetas)[place]) == pytest.approx(float(value(theta)))
        exact = theta.clone().requires_grad_()
        (slope,) = torch.autograd.grad(value(exact), exact)
        torch.testing.assert_close(objective.gradient(thetas)[place], slope)
        torch.testing.assert_close(objective.hessian(thetas)[place], dense_hessian(value, theta))


def test_starts_lie_on_the_line_with_noise_of_their_scale_and_nest() -> None:
    first, last = torch.zeros(2000, dtype=torch.float64), torch.ones(2000, dtype=torch.float64)
    starts = starting_points(first, last, 4, noise=0.5, seed=1, purpose="a test")
    fewer = starting_points(first, last, 2, noise=0.5, seed=1, purpose="a test")
    assert torch.equal(fewer.points, starts.points[:2])
    assert ((starts.positions >= 0) & (starts.positions <= 1)).all()
    assert ((starts.noise_scales >= 0) & (starts.noise_scales <= 0.5)).all()
    deviations = (starts.points - starts.positions[:, None]) / starts.positions[:, None]
    torch.testing.assert_close(deviations.std(1), starts.noise_scales, rtol=0.1, atol=0.0)
    quiet = starting_points(first, last, 2, noise=0.0, seed=1, purpose="a test")
    torch.testing.assert_close(quiet.points, quiet.positions[:, None].expand(-1, 2000))
    other = starting_points(first, last, 2, noise=0.5, seed=1, purpose="another")
    assert not torch.equal(other.points, fewer.points)


def test_rows_say_where_searches_ended(objective: Objective, monkeypatch: pytest.MonkeyPatch) -> None:
    size = objective.network.layout.size
    starts = starting_points(_randn(size), _randn(size), 3, noise=0.3, seed=0, purpose="a test")
    ends = searched(objective, starts.points, 60, silent)
    found = rows(objective, starts, ends, state="initial", max_noise=0.3, max_iterations=60)
    for row, start, end in zip(found, starts.points, ends.points, strict=True):
        slope, hessian = objective.gradient(end[None])[0], objective.hessian(end[None])[0]
        eigenvalues = torch.linalg.eigvalsh(hessian)
        assert row.penalised_loss == pytest.approx(float(objective.value(end[None])))
        assert row.gradient_norm == pytest.approx(float(slope.norm()))
        assert row.relative_residual == pytest.approx(float((hessian @ slope).norm() / slope.norm()), rel=1e-6)
        assert row.hessian_norm == pytest.approx(float(hessian.norm()))
        assert (row.eigenvalue_min, row.eigenvalue_max) == pytest.approx((
            float(eigenvalues[0]),
            float(eigenvalues[-1]),
        ))
        assert row.num_negative == int((eigenvalues < -row.noise_floor).sum())
        assert row.index == row.num_negative / size
        assert row.distance == pytest.approx(float((end - start).norm()))
        assert (row.verdict == "critical") == (row.gradient_norm <= 1e-8 * row.start_gradient_norm)
    assert {row.verdict for row in found} <= {"critical", "gradient-flat", "unconverged"}
    assert "critical" in {row.verdict for row in found}
    monkeypatch.setattr(measure, "MATRIX_NUMEL", 2 * size**2)
    told: list[tuple[int, int, str]] = []
    torch.testing.assert_close(
        searched(objective, starts.points, 60, lambda *step: told.append(step)).gradient_norms < 1e-6,
        ends.gradient_norms < 1e-6,
    )
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {total for _, total, _ in told} == {3}


def test_a_search_that_is_cut_short_says_so(objective: Objective) -> None:
    size = objective.network.layout.size
    starts = starting_points(_randn(size), _randn(size), 2, noise=0.3, seed=0, purpose="a test")
    ends = searched(objective, starts.points, 1, silent)
    found = rows(objective, starts, ends, state="initial", max_noise=0.3, max_iterations=1)
    assert [(row.verdict, row.iterations) for row in found] == [("unconverged", 1)] * 2


def test_memory_grows_with_everything_until_searches_wait_for_each_other() -> None:
    usual = needed_bytes(100, 10, 50, 30)
    assert all(needed_bytes(*sizes) > usual for sizes in ((200, 10, 50, 30), (100, 20, 50, 30), (100, 10, 90, 30)))
    assert needed_bytes(4000, 10, 50, 30) == needed_bytes(4000, 100, 50, 30)
