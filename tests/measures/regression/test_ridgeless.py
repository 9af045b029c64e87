"""Measured risks of least-norm solutions against their closed forms, at and away from the threshold."""

import math
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
        if abs(row.features - row.samples) > 1:
            assert abs(row.excess_risk_mean - row.excess_risk_theory) < 5 * row.excess_risk_stderr
        else:
            assert row.excess_risk_theory == math.inf


def test_the_command_of_the_readme_is_within_two_per_cent() -> None:
    config = RidgelessConfig(samples=40, features=(20, 60), noise_variance=0.25, repetitions=2000)
    assert [row.excess_risk_mean for row in ridgeless(config, silent)] == pytest.approx([0.2632, 0.8596], rel=0.02)


def test_no_more_features_are_fitted_than_there_are() -> None:
    with pytest.raises(UsageError, match="--features 50 is more than the 40 features there are"):
        RidgelessConfig(design=("misspecified",), features=(50,), total_features=40)
