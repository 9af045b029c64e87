"""Verdicts on critical points: made-up networks pass, null models of random matrices do not."""

import pytest

from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_critical_points import Index, independent_signs, network, random_matrices, searched
from tests.report.made_up_runs import RunMaker


@pytest.mark.parametrize(
    ("points", "said"), [(network, "holds"), (random_matrices, "does not hold"), (independent_signs, "does not hold")]
)
def test_almost_all_are_saddles_and_null_models_do_not_pass(make_run: RunMaker, points: Index, said: str) -> None:
    runs = searched(make_run, points, seeds=5)
    assert verdict(runs, "T3.2") == said
    share, change, lowest = judgement(runs, "T3.2").findings
    assert share.words == "share of saddles among critical points at the largest width, width 4"
    assert change.words == "change of the share of minima from the smallest to the largest width, 1 to 4"
    assert (lowest.estimate.value < 0.5) == (points is network)


@pytest.mark.parametrize(("points", "said"), [(network, "holds"), (random_matrices, "undecided")])
def test_the_index_rises_with_the_loss_in_every_run(make_run: RunMaker, points: Index, said: str) -> None:
    runs = searched(make_run, points)
    assert verdict(runs, "T3.3") == said
    found = [finding.estimate for finding in judgement(runs, "T3.3").findings]
    assert [one.count for one in found] == [3, 3, 3]
    assert all(-1 <= one.low <= one.high <= 1 for one in found)


def test_one_run_of_each_width_or_one_width_decides_nothing(make_run: RunMaker) -> None:
    assert verdict(searched(make_run, network, seeds=1), "T3.2") == "undecided"
    assert verdict(searched(make_run, network, seeds=1), "T3.3") == "not yet measured"


def test_one_width_has_no_fall(make_run: RunMaker) -> None:
    found = judgement(searched(make_run, network, widths=[4]), "T3.2")
    assert found.verdict == "undecided"
    assert "Measured at no other width than 4." in found.evidence


def test_a_largest_width_without_critical_points_has_no_share(make_run: RunMaker) -> None:
    found = [*searched(make_run, network, widths=[1, 2]), *searched(make_run, lambda *_: [], widths=[4])]
    judged = judgement(found, "T3.2")
    assert judged.verdict == "undecided"
    assert "No search of width 4 has ended at a critical point." in judged.evidence


def test_where_no_search_ended_at_a_critical_point_nothing_is_measured(make_run: RunMaker) -> None:
    for claim in ("T3.2", "T3.3"):
        assert verdict(searched(make_run, lambda *_: []), claim) == "not yet measured"


def test_the_commands_make_what_is_judged(make_run: RunMaker) -> None:
    commands = judgement([make_run()], "T3.2").claim.commands
    assert commands[-1] == "geomgen critical-points RUN"
    assert "--activation tanh" in commands[0]
    assert judgement([make_run()], "T3.3").claim.commands == commands
