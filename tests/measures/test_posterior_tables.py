"""Tables of training beside the posterior, from functions that are given."""

import numpy as np
import pytest

from geomgen.measures.posterior import PosteriorSamples
from geomgen.measures.posterior_orthants import WeightedFunctions
from geomgen.measures.posterior_tables import Both, counted, error_rows, function_rows, summary_row

INPUTS, KNOWN = 12, 4


def _functions(source: np.random.Generator, count: int) -> np.ndarray:
    """Return functions that fit, whose other values lean to 1 so that some functions come often."""
    functions = np.zeros((count, INPUTS), bool)
    functions[:, KNOWN:] = source.random((count, INPUTS - KNOWN)) < np.linspace(0.6, 0.95, INPUTS - KNOWN)
    return functions


def _both(seed: int, trained: int = 800, effective: float = 1600) -> Both:
    source = np.random.default_rng(seed)
    known = np.arange(INPUTS) < KNOWN
    samples = PosteriorSamples(_functions(source, 1600), "rejection", effective, hits=1600, draws=10_000)
    return Both(_functions(source, trained), samples, ~known, known, seed)


def test_two_samples_of_the_posterior_have_slope_1() -> None:
    rows = [summary_row(both, counted(both), np.ones(800, int)) for both in map(_both, range(20))]
    covered = [row.log_slope_low <= 1 <= row.log_slope_high for row in rows if row.log_slope_low and row.log_slope_high]
    assert len(covered) == 20
    assert sum(covered) >= 16
    assert sum(row.ks_p_value <= 0.05 for row in rows) <= 5
    assert sum(row.hamming_p_value <= 0.05 for row in rows) <= 5
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


def test_samples_that_are_worth_less_widen_the_intervals() -> None:
    full, less = _both(2), _both(2, effective=100)
    ends = [function_rows(both, counted(both)).values["p_bayes_high"].max() for both in (full, less)]
    assert ends[1] > ends[0]
    rows = [summary_row(both, counted(both), np.ones(800, int)) for both in (full, less)]
    assert rows[1].error_bayes_stderr > 3 * rows[0].error_bayes_stderr
    assert rows[1].cross_entropy_bayes_stderr == pytest.approx(4 * rows[0].cross_entropy_bayes_stderr)


def test_routes_that_agree_have_large_p_values_and_others_small_ones() -> None:
    both = _both(3)
    assert summary_row(both, counted(both), np.ones(800, int)).routes_p_value is None
    drawn = _functions(np.random.default_rng(4), 32 * 400).reshape(400, 32, INPUTS)
    mass = np.log(0.16) + np.random.default_rng(5).normal(0, 0.1, (400, 1)) + np.zeros((400, 32))
    for functions, weights, low, high in (
        (drawn, mass, 0.05, 1.0),
        (drawn, mass + 0.2, 0.0, 1e-3),
        (drawn[..., ::-1][..., np.r_[8:12, 0:8]], mass, 0.0, 1e-3),
    ):
        samples = both.samples._replace(weighted=WeightedFunctions(functions, weights))
        row = summary_row(both._replace(samples=samples), counted(both), np.ones(800, int))
        assert row.log_prior_mass == pytest.approx(weights.mean(), abs=0.05)
        assert row.routes_p_value is not None
        assert low <= row.routes_p_value <= high


def test_the_divergence_of_two_samples_of_one_law_is_0_within_errors() -> None:
    row = summary_row(_both(6), counted(_both(6)), np.ones(800, int))
    gap = row.cross_entropy_sgd - row.cross_entropy_bayes
    assert abs(gap) < 4 * np.hypot(row.cross_entropy_sgd_stderr, row.cross_entropy_bayes_stderr)
    assert row.entropy_sgd_low < row.cross_entropy_sgd
    assert row.entropy_sgd_low < row.entropy_sgd_high
