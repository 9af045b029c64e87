"""Rounding in float64."""

from geomgen.numerics.rounding import rounding_threshold


def test_threshold_is_the_unit_roundoff_of_each_row() -> None:
    assert rounding_threshold(3) == 3 * 2**-52
