"""Tables of training beside the posterior, from functions that are given."""

import numpy as np
import pytest

from geomgen.measures.posterior import PosteriorSamples
from geomgen.measures.posterior_tables import Both, counted, error_rows, function_rows, summary_row

INPUTS, KNOWN = 12, 4


def _functions(source: np.random.Generator, count: int) -> np.ndarray:
    """Return functions that fit, whose other values lean to 1 so that some functions come often."""
    functions = np.zeros((count, INPUTS), bool)
    functions[:, KNOWN:] = source.random((count, INPUTS - KNOWN)) < np.linspace(0.6, 0.95, INPUTS - KNOWN)
    return functions


def _both(seed: int, trained: int = 800, chains: int = 0) -> Both:
    source = np.random.default_rng(seed)
    known = np.arange(INPUTS) < KNOWN
    samples = PosteriorSamples(_functions(source, 1600), chains, 1600, 10_000)
    return Both(_functions(source, trained), samples, ~known, known, seed)


def test_two_samples_of_the_posterior_have_slope_1() -> None:
    rows = [summary_row(both, counted(both), np.ones(800, int)) for both in map(_both, range(40))]
    covered = [row.log_slope_low <= 1 <= row.log_slope_high for row in rows if row.log_slope_low and row.log_slope_high]
    assert len(covered) == 40
    assert sum(covered) >= 33
    assert sum(row.ks_p_value <= 0.05 for row in rows) <= 8
    assert sum(row.hamming_p_value <= 0.05 for row in rows) <= 8
    assert max(row.divergence_errors for row in rows) < 0.05


def test_probabilities_add_to_1_and_zeros_have_intervals() -> None:
    both = _both(0)
    values = function_rows(both, counted(both)).values
    for law in ("sgd", "bayes"):
        assert sum(values[f"p_{law}"]) == pytest.approx(1)
        assert (values[f"p_{law}_low"] <= values[f"p_{law}"]).all()
        assert (values[f"p_{law}"] < values[f"p_{law}_high"]).all()
    absent = values["p_sgd"] == 0
    assert absent.any()
    assert values["p_sgd_high"][absent] == pytest.approx(1 - 0.025 ** (1 / 800))
    assert (np.diff(values["p_bayes"]) <= 0).all()


def test_errors_are_counted_at_the_inputs_that_were_not_known() -> None:
    both = _both(1)
    rows = error_rows(both)
    assert [row.errors for row in rows] == list(range(INPUTS - KNOWN + 1))
    assert sum(row.count_sgd for row in rows) == 800
    mean = sum(row.errors * row.share_bayes for row in rows) / (INPUTS - KNOWN)
    assert mean == pytest.approx(summary_row(both, counted(both), np.ones(800, int)).error_bayes)


def test_samples_of_chains_widen_the_intervals() -> None:
    alone, chained = _both(2), _both(2, chains=2)
    chained.samples.functions[1::2, KNOWN:] = True
    ends = [function_rows(both, counted(both)).values["p_bayes_high"].max() for both in (alone, chained)]
    assert ends[1] > ends[0]
    row = summary_row(chained, counted(chained), np.ones(800, int))
    assert row.r_hat is not None
    assert row.r_hat > 1.1
    assert row.effective_samples < 100
