"""Bootstrap intervals against scipy's, and against how often they cover."""

import math
import re
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from geomgen.numerics.bootstrap import bootstrap

Array = NDArray[np.float64]


def test_interval_equals_that_of_scipy_from_the_same_resamples() -> None:
    sample = np.random.default_rng(0).exponential(size=12)
    found = bootstrap(sample, np.std, np.random.default_rng(1), 500)
    theirs = stats.bootstrap(
        (sample,), np.std, n_resamples=50, method="BCa", rng=np.random.default_rng(1), confidence_level=0.9
    )
    theirs.bootstrap_distribution = np.array(found.resampled)
    again = stats.bootstrap(
        (sample,), np.std, n_resamples=0, method="BCa", bootstrap_result=theirs, confidence_level=0.9
    )
    assert found.interval(0.9) == pytest.approx(tuple(again.confidence_interval))
    assert found.stderr == pytest.approx(again.standard_error)


def average(sample: Array) -> float:
    return float(sample.sum()) / len(sample)


def spread(sample: Array) -> float:
    centred = sample - sample.sum() / len(sample)
    return math.sqrt(float(centred @ centred) / (len(sample) - 1))


@pytest.mark.parametrize("n", [5, 8, 20, 50])
@pytest.mark.parametrize(("statistic", "truth"), [(average, 0.0), (spread, 1.0)])
def test_small_samples_cover_as_little_as_they_say(n: int, statistic: Callable[[Array], float], truth: float) -> None:
    source = np.random.default_rng(n)
    found = [bootstrap(source.normal(size=n), statistic, source, 200) for _ in range(250)]
    covered = np.mean([one.low <= truth <= one.high for one in found])
    low, high = re.fullmatch(r"covers (\d+) to (\d+) %", found[0].approximate).groups()  # type: ignore[union-attr]
    assert int(low) / 100 - 0.04 <= covered <= int(high) / 100 + 0.03  # two standard errors of 250 repeats


def test_no_interval_of_fewer_than_five_values_and_an_exact_one_of_equal_ones() -> None:
    source = np.random.default_rng(0)
    assert not bootstrap([1, 2, 3, 4], average, source).is_known
    assert str(bootstrap([2.0] * 6, average, source)) == "2"
    assert bootstrap(range(100), average, source, 100).approximate == ""
