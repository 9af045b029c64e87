"""Verdicts on made-up chains: noise that does nothing does not pass, nor one that leaves where it generalises."""

import pytest

from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_diffusions import generalising, memorised
from tests.report.made_up_runs import RunMaker


def test_noise_that_leads_to_flat_minima_that_generalise(make_run: RunMaker) -> None:
    runs = [*memorised(make_run, (0.99, 500.0)), *generalising(make_run, 0.98)]
    found = judgement(runs, "T3.8").findings
    assert [one.estimate.value for one in found] == pytest.approx([0.74, -300, -400, 0.98])
    assert verdict(runs, "T3.8") == "holds"


def test_noise_that_does_nothing_does_not_pass(make_run: RunMaker) -> None:
    """Both traces rise from 800 to 900, so that the claim's opposite is seen."""
    runs = [*memorised(make_run, (0.25, 900.0)), *generalising(make_run, 0.98)]
    assert verdict(runs, "T3.8") == "does not hold"


def test_a_trace_that_only_stays_while_it_rises_without_noise_does_not_pass(make_run: RunMaker) -> None:
    runs = [*memorised(make_run, (0.99, 800.0)), *generalising(make_run, 0.98)]
    found = judgement(runs, "T3.8").findings
    assert [one.estimate.value for one in found] == pytest.approx([0.74, 0, -100, 0.98])
    assert verdict(runs, "T3.8") == "undecided"


def test_a_trace_that_falls_without_noise_too_does_not_pass(make_run: RunMaker) -> None:
    runs = [*memorised(make_run, (0.99, 500.0), still=(0.25, 500.0)), *generalising(make_run, 0.98)]
    assert verdict(runs, "T3.8") == "undecided"


def test_leaving_the_generalising_solution_fails(make_run: RunMaker) -> None:
    assert verdict([*memorised(make_run, (0.99, 500.0)), *generalising(make_run, 0.5)], "T3.8") == "does not hold"


def test_without_a_start_that_generalises_it_is_undecided(make_run: RunMaker) -> None:
    assert verdict(memorised(make_run, (0.99, 500.0)), "T3.8") == "undecided"
