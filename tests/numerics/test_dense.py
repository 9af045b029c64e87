"""A matrix from its products is the matrix, made exactly symmetric; one that is not symmetric is refused."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.dense import dense_matrix


def _symmetric(dim: int) -> Tensor:
    entries = torch.randn(dim, dim, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return entries + entries.T


@pytest.mark.parametrize(("dim", "block_size"), [(1, 64), (7, 3), (12, 4), (20, 64)])
def test_it_is_the_matrix(dim: int, block_size: int) -> None:
    expected = _symmetric(dim)
    found = dense_matrix(lambda block: block @ expected, dim, block_size=block_size)
    assert torch.equal(found, expected)


def test_rounding_is_averaged_and_the_result_exactly_symmetric() -> None:
    expected = _symmetric(9)
    rounding = 1e-14 * torch.randn(9, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    found = dense_matrix(lambda block: block @ (expected + rounding), 9, block_size=4)
    assert torch.equal(found, found.T)
    torch.testing.assert_close(found, expected + (rounding + rounding.T) / 2, rtol=1e-15, atol=1e-15)


def test_a_matrix_of_zeros_is_symmetric() -> None:
    assert torch.equal(dense_matrix(torch.zeros_like, 5), torch.zeros(5, 5, dtype=torch.float64))


@pytest.mark.parametrize("entry", [1e-3, math.nan, math.inf])
def test_what_is_not_symmetric_or_finite_is_refused(entry: float) -> None:
    matrix = _symmetric(9)
    matrix[7, 2] += entry
    with pytest.raises(ValueError, match="differs from its transpose by"):
        dense_matrix(lambda block: block @ matrix, 9, block_size=4)
