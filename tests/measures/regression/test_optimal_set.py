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
            assert abs(row.distance_mean - row.distance_theory) < 5 * row.distance_stderr
    assert rows[-1].relative_distance_mean < rows[-2].relative_distance_mean
