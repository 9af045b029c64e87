"""Critical points of functions whose critical points are all known, and of one that has none."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import grad, jacrev, vmap

from geomgen.numerics.levenberg_marquardt import CriticalPoints, critical_points
from geomgen.theory.linear_autoencoder import critical_points as known_points

VARIANCES, HIDDEN, STARTS = (4.0, 3.0, 2.0, 1.0), 2, 60


def _randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _search(function: Callable[[Tensor], Tensor], starts: Tensor, **options: Any) -> CriticalPoints:
    return critical_points(vmap(grad(function)), vmap(jacrev(grad(function))), starts, **options)


def _autoencoder(theta: Tensor) -> Tensor:
    """Return E|x - B A x|^2 of uncorrelated inputs."""
    size = len(VARIANCES)
    decoder, encoder = theta[: size * HIDDEN].view(size, HIDDEN), theta[size * HIDDEN :].view(HIDDEN, size)
    left = torch.eye(size, dtype=torch.float64) - decoder @ encoder
    return (left.square() * torch.tensor(VARIANCES, dtype=torch.float64)).sum()


def test_a_linear_autoencoder_has_the_losses_and_indices_of_its_table() -> None:
    found = _search(_autoencoder, _randn(STARTS, 2 * len(VARIANCES) * HIDDEN))
    table = {(point.loss, point.num_negative) for point in known_points(VARIANCES, HIDDEN)}
    losses = vmap(_autoencoder)(found.points)
    negative = (found.eigenvalues < -1e-6).sum(1)
    seen = {
        (round(float(loss), 6), int(index))
        for loss, index in zip(losses[found.is_critical], negative[found.is_critical], strict=True)
    }
    assert int(found.is_critical.sum()) >= 56
    assert seen <= table
    assert len(seen) >= 4


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_saddle_of_a_quadratic_is_found_and_kept_at_any_scale(scale: float) -> None:
    matrix = torch.diag(torch.tensor([3.0, 1.0, -0.5, -2.0], dtype=torch.float64)) * scale
    centre = _randn(4)

    def function(theta: Tensor) -> Tensor:
        return (theta - centre) @ matrix @ (theta - centre) / 2

    found = _search(function, torch.stack([centre, _randn(4, seed=1), 100 * _randn(4, seed=2)]))
    assert found.is_critical.all()
    assert found.iterations[0] == 0
    torch.testing.assert_close(found.points, centre.expand(3, 4), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(found.eigenvalues[1], matrix.diagonal().sort().values, rtol=1e-12, atol=0.0)


def test_a_stationary_point_of_the_gradients_norm_is_no_critical_point() -> None:
    """The function x + x^3/3 + y^2 has |g|^2 = (1 + x^2)^2 + 4 y^2, least at 0, where g = (1, 0) and H g = 0."""
    found = _search(lambda theta: theta[0] + theta[0] ** 3 / 3 + theta[1] ** 2, _randn(5, 2))
    assert found.is_flat.all()
    assert not found.is_critical.any()
    torch.testing.assert_close(found.gradient_norms, torch.ones(5, dtype=torch.float64))


def test_a_search_that_is_cut_short_is_neither() -> None:
    found = _search(_autoencoder, _randn(3, 16), max_iterations=2)
    assert not found.is_critical.any()
    assert not found.is_flat.any()
    assert found.iterations.tolist() == [2, 2, 2]


def test_each_search_depends_on_its_own_start_alone() -> None:
    starts = _randn(4, 16)
    together, alone = _search(_autoencoder, starts), _search(_autoencoder, starts[2:3])
    torch.testing.assert_close(alone.points, together.points[2:3], rtol=1e-6, atol=1e-8)
    assert alone.iterations[0] == together.iterations[2]


def test_it_tells_how_many_have_finished() -> None:
    told: list[tuple[int, int, str]] = []
    function = vmap(grad(_autoencoder)), vmap(jacrev(grad(_autoencoder)))
    critical_points(*function, _randn(3, 16), progress=lambda *step: told.append(step))
    assert told[0] == (0, 3, "searches finished")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
