"""Inner products of all pairs of rows of a tall matrix, one block at a time."""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float32
from torch import Tensor

BLOCK_ROWS = 1000


class PairBlock(NamedTuple):
    """Inner products of some centred rows with some others.

    Attributes:
        rows: The rows on the left.
        columns: The rows on the right: the same, or later ones.
        products: The inner products; the receiver may change them.
    """

    rows: slice
    columns: slice
    products: Float32[Tensor, "rows columns"]

    @property
    def is_diagonal(self) -> bool:
        """Whether both sides are the same rows, so that each of their pairs occurs twice."""
        return self.rows == self.columns


def centred_products(data: Float32[Tensor, "n p"], mean: Float32[Tensor, " p"]) -> Iterator[PairBlock]:
    """Yield the inner products (a_i - mean) . (a_j - mean), in blocks that cover every pair i < j.

    Only blocks on and above the diagonal are multiplied, and only two blocks of rows are copied at a time. Distances
    and angles between almost equal rows keep float32's full accuracy, since the rows' mean is subtracted first.

    Args:
        data: A.
        mean: What to subtract.

    Yields:
        Blocks in order of rows, then columns; their memory is reused for the next one.
    """
    parts = [slice(start, min(start + BLOCK_ROWS, len(data))) for start in range(0, len(data), BLOCK_ROWS)]
    left, right = data.new_empty(2, min(BLOCK_ROWS, len(data)), data.shape[1])
    memory = data.new_empty(len(left) ** 2)
    for index, rows in enumerate(parts):
        above = torch.sub(data[rows], mean, out=left[: rows.stop - rows.start])
        for columns in parts[index:]:
            size = columns.stop - columns.start
            other = above if columns == rows else torch.sub(data[columns], mean, out=right[:size])
            products = memory[: len(above) * size].view(len(above), size)
            yield PairBlock(rows, columns, torch.mm(above, other.T, out=products))
