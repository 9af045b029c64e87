"""Landmarks of curves that descend twice, once, or not at all."""

import math

import pandas as pd
import pytest

from geomgen.report.descent import DoubleDescent, double_descent


def marks(errors: dict[int, float]) -> DoubleDescent:
    curve = pd.DataFrame({"features": list(errors), "error": list(errors.values())})
    return double_descent(curve.sample(frac=1, random_state=0), "features", "error")


def test_a_double_descent() -> None:
    found = marks({1: 5.0, 2: 3.0, 4: 4.0, 8: 20.0, 16: 4.0, 32: 2.0})
    assert found == DoubleDescent(2, 3.0, 8, 20.0, 4, 16, 32, 2.0)
    assert found.descends_further
    assert [found.is_peak_at(threshold) for threshold in (3, 4, 10, 16, 17)] == [False, True, True, True, False]


@pytest.mark.parametrize(("errors", "peak"), [({1: 9.0, 2: 3.0, 3: 1.0}, 1), ({1: 1.0, 2: 3.0, 3: 9.0}, 3)])
def test_a_peak_at_an_end_is_no_double_descent(errors: dict[int, float], peak: int) -> None:
    found = marks(errors)
    assert found.peak == peak
    assert not found.descends_further
    assert math.isnan(found.first if peak == 1 else found.second)
