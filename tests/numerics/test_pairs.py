"""Products of pairs: every pair once, and what is shared taken off."""

import pytest
import torch

from geomgen.numerics.pairs import BLOCK_ROWS, centred_products


@pytest.mark.parametrize("n", [1, 5, BLOCK_ROWS, BLOCK_ROWS + 1, 2 * BLOCK_ROWS + 300])
def test_blocks_hold_every_pair_once_above_the_diagonal(n: int) -> None:
    data = torch.randn(n, 6, generator=torch.Generator().manual_seed(0)) + 5
    mean = data.mean(0)
    found = torch.full((n, n), torch.nan)
    for block in centred_products(data, mean):
        assert found[block.rows, block.columns].isnan().all()
        assert block.is_diagonal == (block.rows == block.columns)
        found[block.rows, block.columns] = block.products
    expected = (data - mean) @ (data - mean).T
    above = torch.ones(n, n, dtype=torch.bool).triu()
    torch.testing.assert_close(found[above], expected[above], rtol=1e-5, atol=1e-4)
