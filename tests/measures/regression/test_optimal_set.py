"""The optimal set of linear models: its dimension and distance against their formulas."""

import math
from typing import Any

from geomgen.config.regress import OptimalSetConfig
from geomgen.measures.regression.optimal_set import optimal_set


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


def test_fraction_and_distance_are_the_exact_ones() -> None:
    rows = optimal_set(OptimalSetConfig(samples=10, features=(5, 10, 15, 100), repetitions=1000), silent)
    for row in rows:
        assert row.min_rank == row.max_rank == min(row.features, 10)
        assert row.optimal_fraction == row.optimal_fraction_theory
        if row.features == 10:
            assert row.distance_theory == math.inf
        else:
            assert row.distance_stderr is not None
            assert abs(row.distance_mean - row.distance_theory) < 5 * row.distance_stderr
    assert rows[-1].relative_distance_mean < rows[-2].relative_distance_mean


def test_standard_errors_are_where_variances_are_and_medians_everywhere() -> None:
    rows = optimal_set(OptimalSetConfig(samples=5, features=(1, 2, 3, 4, 5, 6, 7, 9), repetitions=50), silent)
    assert {row.features for row in rows if row.distance_stderr is None} == {4, 5, 6}
    assert {row.features for row in rows if row.relative_distance_stderr is None} == {1, 2, 4, 5, 6}
    notes = {row.features: row.distance_stderr_note for row in rows}
    assert notes[5] == "Its mean is infinite: values above t are as frequent as t^-1. See the median."
    assert notes[6] == "Its variance is infinite: values above t are as frequent as t^-2. See the median."
    assert notes[7] is None
    for row in rows:
        assert row.distance_median_low is not None
        assert row.distance_median_high is not None
        assert row.distance_median_low < row.distance_median < row.distance_median_high
        assert (row.relative_distance_stderr is None) == (row.relative_distance_stderr_note is not None)
