"""Portions of draws, and what is said of many, by hand and by coverage."""

import math

import pytest
import torch

from geomgen.measures.regression.draws import (
    NUMBERS_A_CHUNK,
    chunks,
    drawn,
    mean_and_stderr,
    median_and_stderr,
    median_interval,
)

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


@pytest.mark.parametrize("count", [2, 5, 6, 7, 20, 101])
def test_the_medians_interval_is_the_narrowest_that_covers_in_95_percent(count: int) -> None:
    """Each draw is below the median with probability 1/2, so that coverage is a count of coin tosses."""
    found = median_interval(torch.arange(count, dtype=torch.float64).flip(0))
    covers = {}
    for beyond in range((count + 1) // 2):
        covers[beyond] = sum(math.comb(count, heads) for heads in range(beyond + 1, count - beyond)) / 2**count
    enough = [beyond for beyond, probability in covers.items() if probability >= 0.95]
    assert found == ((max(enough), count - 1 - max(enough)) if enough else (None, None))
    assert (found == (None, None)) == (count < 6)


def test_the_median_of_draws_without_mean_is_covered() -> None:
    source = torch.Generator().manual_seed(1)
    draws = torch.empty(REPEATS, 60, dtype=torch.float64).cauchy_(median=3.0, generator=source)
    ends = [median_interval(one) for one in draws]
    covered = sum(low <= 3 <= high for low, high in ends if low is not None and high is not None)
    assert 0.945 <= covered / REPEATS <= 0.98


@pytest.mark.parametrize(
    ("tail", "infinite"), [(math.inf, ""), (2.5, ""), (2.0, "variance"), (1.5, "variance"), (1.0, "mean")]
)
def test_there_is_a_standard_error_where_there_is_a_variance(tail: float, infinite: str) -> None:
    values = torch.tensor([1.0, 2.0, 6.0, 7.0, 8.0, 9.0], dtype=torch.float64)
    found = drawn(values, tail)
    assert (found.median, found.median_low, found.median_high) == (6.5, 1.0, 9.0)
    assert found.mean == pytest.approx(5.5)
    if infinite:
        assert found.stderr is None
        assert (
            found.stderr_note
            == f"Its {infinite} is infinite: values above t are as frequent as t^-{tail:g}. See the median."
        )
    else:
        assert (found.stderr, found.stderr_note) == (mean_and_stderr(values)[1], None)
