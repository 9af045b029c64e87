"""Lanczos against dense eigenvalues and moments: no ghosts, bounds that contain the truth, an end that is noticed."""

import pytest
import torch
from torch import Tensor

from geomgen.numerics.dense import Product
from geomgen.numerics.lanczos import krylov_eigenpairs, lanczos, ritz
from tests.numerics.spectra import OUTLIERS, product_with, rotated, starts


def _network_like(dim: int = 244) -> Tensor:
    """Return a spectrum like a network's: a dense bulk around 0 and a few large eigenvalues."""
    bulk = torch.linspace(-1, 1, dim - len(OUTLIERS), dtype=torch.float64) ** 5
    return torch.cat([0.1 * bulk, OUTLIERS])


def test_no_eigenvalue_is_found_twice() -> None:
    """After 120 steps of 244 the largest have long converged; without care there are 4 to 8 copies."""
    values = _network_like()
    for found in lanczos(product_with(values), starts(3, 244), 120):
        near_top = (ritz(found).values - values.max()).abs() <= 1e-3 * values.max()
        assert int(near_top.sum()) == 1


@pytest.mark.parametrize("num_steps", [1, 5, 20, 60])
def test_moments_are_exact_up_to_twice_the_steps_and_weights_sum_to_1(num_steps: int) -> None:
    values = _network_like()
    matrix, vectors = rotated(values), starts(2, 244)
    for found, start in zip(lanczos(product_with(values), vectors, num_steps), vectors, strict=True):
        rule = ritz(found)
        assert float(rule.weights.sum()) == pytest.approx(1, abs=1e-12)
        power, largest = start / start.norm(), values.abs().max()
        unit = power
        for k in range(2 * num_steps):
            # Relative to the largest that a moment can be: it is itself only as exact as its terms.
            moment = float((rule.weights * (rule.values / largest) ** k).sum())
            assert moment == pytest.approx(float(power.dot(unit)), rel=1e-10, abs=1e-13)
            power = power @ matrix / largest


@pytest.mark.parametrize("num_steps", [3, 10, 40, 120])
def test_an_eigenvalue_is_within_each_residual_bound(num_steps: int) -> None:
    values = _network_like()
    for found in lanczos(product_with(values), starts(3, 244), num_steps):
        rule = ritz(found)
        nearest = (rule.values[:, None] - values).abs().min(1).values
        assert bool((nearest <= rule.residual_bounds).all())
        if num_steps >= 40:
            assert float(rule.residual_bounds[-1]) < 1e-9


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e9])
@pytest.mark.parametrize("distinct", [1, 3, 7, 15])
def test_it_ends_with_the_krylov_space_whatever_the_scale(scale: float, distinct: int) -> None:
    values = scale * torch.arange(distinct, dtype=torch.float64).repeat(10)
    for found in lanczos(product_with(values), starts(2, 10 * distinct), 30):
        assert len(found.diagonal) == distinct
        assert found.last <= 1e-10 * scale
        expected = scale * torch.arange(distinct, dtype=torch.float64)
        torch.testing.assert_close(ritz(found).values, expected, rtol=1e-12, atol=1e-12 * scale)


def test_probes_that_end_leave_the_others_going() -> None:
    values = torch.cat([torch.zeros(5), torch.arange(1, 16)]).double()
    first = torch.zeros(20, dtype=torch.float64)
    first[0] = 1.0
    sizes: list[int] = []

    def product(block: Tensor) -> Tensor:
        sizes.append(len(block))
        return block * values

    ended, going = lanczos(product, torch.stack([first, torch.ones(20, dtype=torch.float64)]), 8)
    assert (len(ended.diagonal), len(going.diagonal)) == (1, 8)
    assert sizes == [2, *[1] * 7]


def test_more_steps_than_dimensions_are_not_taken() -> None:
    values = torch.arange(1, 7, dtype=torch.float64)
    (found,) = lanczos(product_with(values), starts(1, 6), 50)
    torch.testing.assert_close(ritz(found).values, values, rtol=1e-12, atol=0)
    assert found.last == 0


def test_a_matrix_of_zeros_has_one_step() -> None:
    product: Product = torch.zeros_like
    (found,) = lanczos(product, starts(1, 9), 5)
    assert ritz(found).values.tolist() == ritz(found).residual_bounds.tolist() == [0.0]


def test_alone_and_in_lockstep_the_steps_are_the_same() -> None:
    values = _network_like(60)
    together = lanczos(product_with(values), starts(3, 60), 12)
    for index, found in enumerate(together):
        (alone,) = lanczos(product_with(values), starts(3, 60)[index : index + 1], 12)
        torch.testing.assert_close(alone.diagonal, found.diagonal, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("num_steps", [60, 244])
def test_eigenpairs_of_the_krylov_space_hold_the_outermost_ones(num_steps: int) -> None:
    values = _network_like()
    found = krylov_eigenpairs(product_with(values), starts(1, 244)[0], num_steps)
    top = found.vectors[:, -1]
    assert float(found.values[-1]) == pytest.approx(float(values.max()), rel=1e-10)
    assert torch.allclose(rotated(values) @ top, found.values[-1] * top, atol=1e-7)
    identity = torch.eye(len(found.values), dtype=torch.float64)
    assert torch.allclose(found.vectors.T @ found.vectors, identity, atol=1e-12)
