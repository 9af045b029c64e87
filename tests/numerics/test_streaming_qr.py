"""Triangular factors by blocks against the whole."""

import pytest
import torch

from geomgen.numerics.streaming_qr import square_root, triangular_factor


def _matrix(rows: int, columns: int) -> torch.Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_blocks_have_the_singular_values_of_the_whole(rows: int) -> None:
    matrix = _matrix(100, 8) * torch.logspace(0, -13, 8)
    factor = triangular_factor(matrix.split(rows))
    assert factor.shape == (8, 8)
    exact = torch.linalg.svdvals(matrix)
    torch.testing.assert_close(torch.linalg.svdvals(factor), exact, rtol=0, atol=1e-15 * 100 * float(exact[0]))


def test_fewer_rows_than_columns_keep_their_number() -> None:
    assert triangular_factor(_matrix(5, 8).split(2)).shape == (5, 8)


@pytest.mark.parametrize(("rows", "columns"), [(3, 7), (7, 3)])
def test_square_root_has_the_same_products_of_rows(rows: int, columns: int) -> None:
    matrix = _matrix(rows, columns)
    root = square_root(matrix)
    assert root.shape == (rows, 3)
    torch.testing.assert_close(root @ root.T, matrix @ matrix.T)
