"""Quantities of bounds: the lower end of ln P(S), the chances of failure shared out, shapes of networks."""

import math
from pathlib import Path

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.bounds import AVERAGE_BOUND, BOUND_GAP, WORST_BOUND, with_bounds
from tests.report.made_up_posteriors import BOUNDED, posterior_run


def test_the_bound_is_from_the_lower_end_of_the_mass_with_half_the_chance_of_failure(tmp_path: Path) -> None:
    mass = {"log_prior_mass": -17.0, "log_prior_mass_stderr": 0.5}
    tables = RunTables([posterior_run(tmp_path, BOUNDED | {"hidden": "40"}, error_bayes=0.2, **mass)])
    wanted = 1 - math.exp(-(17 + 1.96 * 0.5 + math.log(1 / 0.025)) / 32)
    (row,) = AVERAGE_BOUND.rows(tables).frame[["width", "value"]].to_numpy().tolist()
    assert row == [40, pytest.approx(wanted, abs=1e-6)]
    assert BOUND_GAP.rows(tables).frame["value"].item() == pytest.approx(wanted - 0.2 * 96 / 128, abs=1e-6)
    assert WORST_BOUND.rows(tables).frame["value"].item() == 1


def test_a_uniform_prior_and_a_perceptron(tmp_path: Path) -> None:
    options = BOUNDED | {"hidden": "none", "train_size": 100}
    run = posterior_run(tmp_path, options, log_prior_mass=-20.0, log_prior_mass_stderr=0.0)
    rows = with_bounds(RunTables([run]).collect("posterior_summary", "").frame)
    assert rows["uniform_bound"].item() == pytest.approx(1 - 0.5 * 0.05**0.01)
    assert rows["restricted_prior_bound"].item() < rows["marginal_likelihood_bound"].item() < 0.3
    assert rows["growth_bound"].item() == 1  # 1.26, which says nothing


def test_what_has_no_mass_has_no_bound(tmp_path: Path) -> None:
    run = posterior_run(tmp_path, BOUNDED, log_prior_mass=None, log_prior_mass_stderr=None)
    assert with_bounds(RunTables([run]).collect("posterior_summary", "").frame).empty
