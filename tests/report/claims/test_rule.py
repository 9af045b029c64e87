"""Rules against estimates on either side of their limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.rule import Rule, Verdict, above, all_of, any_of, below, exactly, within


def about(value: float, stderr: float = 1.0) -> Estimate:
    return Estimate(value, stderr, math.inf, 9)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (above(5), "above 5"),
        (below(0.05), "below 0.05"),
        (within(-0.55, -0.45), "within -0.55 to -0.45"),
        (exactly(0), "exactly 0"),
    ],
)
def test_a_rule_ends_a_sentence(rule: Rule, words: str) -> None:
    assert rule.words == words


@pytest.mark.parametrize(
    ("rule", "value", "side"),
    [
        (above(0), 1, "holds"),
        (above(0), -1, "does not hold"),
        (below(0), -1, "holds"),
        (above(0), 0, "does not hold"),
        (below(0), 0, "does not hold"),
        (above(0), math.inf, "holds"),
        (within(0, 2), 1, "holds"),
        (within(0, 2), 0, "holds"),
        (within(0, 2), 2, "holds"),
        (within(0, 2), 3, "does not hold"),
        (exactly(0), 0, "holds"),
        (exactly(0), 1e-300, "does not hold"),
    ],
)
def test_the_side_of_a_value(rule: Rule, value: float, side: str) -> None:
    assert rule.side(about(value)) == side


@pytest.mark.parametrize(
    ("rule", "value", "limit"),
    [
        (above(0), 3, 0),
        (above(0), -3, 0),
        (above(0), 0, 0),
        (below(0), 0, 0),
        (within(0, 10), 3, 0),
        (within(0, 10), 8, 10),
        (within(0, 10), 13, 10),
    ],
)
def test_a_p_value_is_that_of_the_nearest_limit(rule: Rule, value: float, limit: float) -> None:
    assert rule.p_value(about(value)) == about(value).p_value(limit)


def test_a_p_value_below_5_percent_is_an_interval_on_one_side() -> None:
    for value in (1.9, 2.0):
        found = about(value)
        assert (above(0).p_value(found) < 0.05) == (found.low > 0)


def test_without_an_error_nothing_is_decided_and_an_exact_value_always_is() -> None:
    assert above(0).p_value(about(7, math.nan)) == above(0).p_value(about(math.nan)) == 1
    assert {rule.p_value(about(0, 0.0)) for rule in (exactly(0), above(-1), below(-1))} == {0.0}


@given(value=st.floats(allow_nan=False), stderr=st.floats(0, 1e3), distance=st.just(0.0) | st.floats(-10, 10))
def test_no_number_is_above_and_below_a_limit(value: float, stderr: float, distance: float) -> None:
    found, limit = about(value, stderr), value + distance
    assert not above(limit).side(found) == below(limit).side(found) == "holds"


def test_one_part_that_fails_decides_and_one_undecided_leaves_open() -> None:
    assert all_of(Verdict.HOLDS, Verdict.HOLDS) == "holds"
    assert all_of(Verdict.HOLDS, Verdict.UNDECIDED) == "undecided"
    assert all_of(Verdict.FAILS, Verdict.UNDECIDED, Verdict.HOLDS) == "does not hold"


def test_one_case_that_holds_decides_and_all_have_to_fail() -> None:
    assert any_of(Verdict.FAILS, Verdict.UNDECIDED, Verdict.HOLDS) == "holds"
    assert any_of(Verdict.FAILS, Verdict.UNDECIDED) == "undecided"
    assert any_of(Verdict.FAILS, Verdict.FAILS) == "does not hold"
