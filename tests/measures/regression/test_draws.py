"""Portions of draws, and what is said of many, by hand and by coverage."""

import math

import pytest
import torch

from geomgen.measures.regression.draws import NUMBERS_A_CHUNK, chunks, mean_and_stderr, median_and_stderr

REPEATS, DRAWS = 2000, 101


@pytest.mark.parametrize(
    ("total", "each", "portions"),
    [
        (5, NUMBERS_A_CHUNK // 2, [2, 2, 1]),
        (3, 10 * NUMBERS_A_CHUNK, [1, 1, 1]),
        (3, 0, [3]),
        (0, 1, []),
    ],
)
def test_portions_hold_as_many_draws_as_fit(total: int, each: int, portions: list[int]) -> None:
    assert list(chunks(total, each)) == portions


def test_mean_by_hand() -> None:
    mean, stderr = mean_and_stderr(torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64))
    assert mean == 3
    assert stderr == pytest.approx(math.sqrt(7 / 3))


def test_median_by_hand() -> None:
    values = torch.tensor([9.0, 1.0, 4.0, 16.0], dtype=torch.float64)
    assert median_and_stderr(values) == (6.5, (16 - 4) / 2)


def test_the_median_is_covered_by_two_standard_errors() -> None:
    """Half the draws of an exponential law are below ln 2; order statistics cover it about 95 times in 100."""
    source = torch.Generator().manual_seed(0)
    draws = torch.empty(REPEATS, DRAWS, dtype=torch.float64).exponential_(generator=source)
    found = [median_and_stderr(one) for one in draws]
    covered = sum(abs(median - math.log(2)) < 1.96 * stderr for median, stderr in found) / REPEATS
    assert 0.92 < covered < 0.98
