"""Measured risks of gradient descent over time against their closed form, with and without a second descent."""

from typing import Any

import numpy as np
import pytest

from geomgen.config.regress import EpochsConfig
from geomgen.errors import UsageError
from geomgen.measures.regression.epochs import epochs


def silent(*_arguments: Any) -> None:
    """Tell nobody."""


def _turns(values: list[float]) -> int:
    """Return how often a curve changes between falling and rising."""
    return int((np.diff(np.sign(np.diff(values))) != 0).sum())


@pytest.mark.parametrize("seed", [1, 2])
def test_means_are_the_exact_ones(seed: int) -> None:
    config = EpochsConfig(
        samples=30, features_per_scale=5, steps=(0, 1, 7, 30, 200), rate_power=(0.0, 0.5, 1.0), seed=seed
    )
    for row in epochs(config, silent):
        assert abs(row.excess_risk_mean - row.excess_risk_theory) <= 5 * row.excess_risk_stderr + 1e-12


def test_without_noise_every_draw_has_the_exact_risk() -> None:
    for row in epochs(EpochsConfig(noise_variance=0.0, steps=(0, 3, 50), repetitions=3), silent):
        assert row.excess_risk_mean == pytest.approx(row.excess_risk_theory, rel=1e-11)
        assert row.excess_risk_stderr < 1e-11


def test_risk_descends_twice_unless_all_features_are_learned_equally_fast() -> None:
    slow, fast = (0, 3, 5, 7, 20, 50, 300, 700, 1400, 3000), (0, 3, 5, 7, 20, 50)
    for power, steps, turns in ((0.0, slow, 3), (1.0, fast, 1)):
        rows = epochs(EpochsConfig(steps=steps, rate_power=(power,), repetitions=2), silent)
        exact = [row.excess_risk_theory for row in rows]
        assert _turns(exact) == turns


def test_no_more_features_than_the_samples_tell_apart() -> None:
    with pytest.raises(UsageError, match="--features-per-scale 60 of two scales are more than 100 samples"):
        EpochsConfig(features_per_scale=60)
