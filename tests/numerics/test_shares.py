"""The share of the largest: exact for equal and for two kinds of sizes, and that of theory for log-normal ones."""

import numpy as np
import pytest

from geomgen.numerics.shares import top_share
from geomgen.theory.volume import log_normal_top_share


def test_equal_sizes_and_one_that_is_everything() -> None:
    assert top_share(np.full(50, -1e4), 0.1) == pytest.approx(0.1)
    assert top_share(np.array([0.0, 0.0, -1e3]), 0.1) == pytest.approx(0.5)
    assert top_share(np.log([1.0, 2.0, 3.0, 4.0]), 0.5) == pytest.approx(0.7)


@pytest.mark.parametrize("std", [0.5, 1.0, 2.0])
def test_log_normal_sizes(std: float) -> None:
    drawn, count, repeats = np.random.default_rng(0), 300, 400
    shares = [top_share(std * drawn.normal(size=count), 0.1) for _ in range(repeats)]
    bias = std**2 / count  # of a ratio of sums of skewed numbers
    assert np.mean(shares) == pytest.approx(
        log_normal_top_share(std, 0.1), abs=5 * np.std(shares) / repeats**0.5 + bias
    )
