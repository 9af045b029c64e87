"""Straight lines against exact ones, and their intervals against repeats."""

import numpy as np
import pytest

from geomgen.numerics.fit import fitted_line


def test_a_line_is_found_exactly() -> None:
    found = fitted_line([1.0, 2.0, 4.0], [1.0, 3.0, 7.0])
    assert [found.slope.value, found.intercept.value] == pytest.approx([2.0, -1.0])
    assert found.slope.low == pytest.approx(found.slope.high)


def test_interval_of_the_slope_and_of_the_value_at_0_cover_the_truth_in_93_to_97_percent() -> None:
    source, x = np.random.default_rng(0), np.arange(6.0)
    lines = [fitted_line(list(x), list(0.5 * x + source.normal(size=6))) for _ in range(1500)]
    assert 0.93 <= np.mean([line.slope.low < 0.5 < line.slope.high for line in lines]) <= 0.97
    assert 0.93 <= np.mean([line.intercept.low < 0 < line.intercept.high for line in lines]) <= 0.97


def test_two_points_have_no_interval() -> None:
    with pytest.raises(ValueError, match="takes 3 points, not 2"):
        fitted_line([1.0, 2.0], [1.0, 2.0])
