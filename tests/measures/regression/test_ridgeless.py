"""Measured risks of least-norm solutions against their closed forms, at and away from the threshold."""

import math
from dataclasses import replace
from typing import Any

import pytest

from geomgen.config.regress import RidgelessConfig
from geomgen.errors import UsageError
from geomgen.measures.regression.ridgeless import ridgeless


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


@pytest.mark.parametrize("design", ["isotropic", "misspecified"])
def test_means_and_medians_are_the_exact_ones(design: str) -> None:
    config = RidgelessConfig(
        design=(design,), samples=12, features=(3, 6, 11, 12, 13, 24, 40), total_features=40, repetitions=2000, seed=2
    )
    for row in ridgeless(config, silent):
        assert abs(row.excess_risk_median - row.excess_risk_median_theory) < 5 * row.excess_risk_median_stderr
        assert (row.excess_risk_theory == math.inf) == (abs(row.features - row.samples) < 2)
        assert (row.excess_risk_stderr is None) == (abs(row.features - row.samples) < 4)
        if row.excess_risk_stderr is not None:
            assert abs(row.excess_risk_mean - row.excess_risk_theory) < 5 * row.excess_risk_stderr


def test_where_the_variance_is_infinite_the_row_says_so_and_the_median_is_covered() -> None:
    config = RidgelessConfig(samples=12, features=(9, 10, 11, 12, 13, 14, 15), repetitions=200)
    covered, total = 0, 0
    for seed in range(15):
        for row in ridgeless(replace(config, seed=seed), silent):
            infinite = "mean" if abs(row.features - 12) < 2 else "variance"
            assert row.excess_risk_stderr is None
            assert (row.excess_risk_stderr_note or "").startswith(f"Its {infinite} is infinite")
            assert row.excess_risk_median_low is not None
            assert row.excess_risk_median_high is not None
            covered += row.excess_risk_median_low < row.excess_risk_median_theory < row.excess_risk_median_high
            total += 1
    assert abs(covered / total - 0.95) < 4 * math.sqrt(0.95 * 0.05 / total)


def test_without_noise_every_risk_has_a_standard_error() -> None:
    rows = ridgeless(RidgelessConfig(samples=6, features=(5, 6, 7), noise_variance=0.0, repetitions=10), silent)
    assert all(row.excess_risk_stderr is not None and row.excess_risk_stderr_note is None for row in rows)


def test_the_command_of_the_readme_is_within_two_per_cent() -> None:
    config = RidgelessConfig(samples=40, features=(20, 60), noise_variance=0.25, repetitions=2000)
    assert [row.excess_risk_mean for row in ridgeless(config, silent)] == pytest.approx([0.2632, 0.8596], rel=0.02)


def test_no_more_features_are_fitted_than_there_are() -> None:
    with pytest.raises(UsageError, match="--features 50 is more than the 40 features there are"):
        RidgelessConfig(design=("misspecified",), features=(50,), total_features=40)
