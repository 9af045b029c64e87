"""What counts as rounding."""

import pytest
import torch

from geomgen.numerics.rounding import rounding_threshold, square_of_errors


def test_threshold_is_the_unit_roundoff_of_each_row() -> None:
    assert rounding_threshold(3) == 3 * 2**-52


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_errors_of_eight_units_in_the_last_place_have_at_most_this_spectrum(dtype: torch.dtype) -> None:
    entries = torch.randn(40, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    errors = 8 * torch.finfo(dtype).eps * entries.abs()
    limit = square_of_errors(float(entries.square().sum()), dtype)
    assert float(torch.linalg.svdvals(errors)[0]) ** 2 <= limit
    assert float(errors.square().sum()) == pytest.approx(limit, rel=1e-12)
