"""The slope of a log density ratio has its exact value for normal laws, and its error bar covers."""

import numpy as np
import pytest

from geomgen.numerics.density_ratio import log_ratio_slope


def test_shifted_normal_laws_have_a_linear_log_ratio() -> None:
    source = np.random.default_rng(0)
    found = log_ratio_slope(source.normal(3, 2, 20_000), source.normal(1, 2, 20_000))
    assert found is not None
    assert abs(found.value - 0.5) < 3 * found.stderr
    assert found.stderr < 0.01


def test_its_interval_covers() -> None:
    source = np.random.default_rng(1)
    covered = 0
    for _ in range(400):
        found = log_ratio_slope(source.normal(0.5, 1, 60), source.normal(0, 1, 90))
        assert found is not None
        covered += found.low <= 0.5 <= found.high
    assert 0.925 <= covered / 400 <= 0.98


@pytest.mark.parametrize("above", [np.array([5.0, 6.0, 7.0]), np.zeros(3)])
def test_samples_that_do_not_overlap_or_do_not_differ_have_none(above: np.ndarray) -> None:
    assert log_ratio_slope(above, np.zeros(4) if not above.any() else np.array([0.0, 1.0, 2.0])) is None
