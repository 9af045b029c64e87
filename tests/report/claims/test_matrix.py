"""The verdicts by claim and protocol as tables, and the numbers behind them."""

import pytest

from geomgen.report.claims.matrix import MATRIX, NUMBERS
from geomgen.report.content import records
from tests.report.claims.test_elsewhere import trained
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


def test_verdicts_by_protocol_and_where_they_differ(make_run: RunMaker) -> None:
    runs = [*trained(make_run, {512: -0.2}), *trained(make_run, {512: 0.1}, weight_decay=0.0)]
    made = report("claims", runs)
    rows = {row["claim"]: row for row in records(made.table(MATRIX).frame)}
    assert rows["T1.3a"] == {
        "claim": "T1.3a",
        "published": "holds",
        "no-weight-decay": "does not hold",
        "differs_in": "no-weight-decay",
    }
    assert rows["T1.14"]["no-weight-decay"] == "not yet measured"
    assert "T1.13b" not in rows, "it compares weight decays"
    assert not any(claim.startswith("T2") for claim in rows)
    numbers = {row["claim"]: row for row in records(made.table(NUMBERS).frame)}
    assert {"T1.3a", "T1.3b"} <= set(numbers)
    number = numbers["T1.3a"]
    assert (number["protocol"], number["verdict"], number["published_verdict"]) == (
        "no-weight-decay", "does not hold", "holds",
    )  # fmt: skip
    assert (number["value"], number["published_value"]) == pytest.approx((0.1 * 1.005, -0.2 * 1.005))
    assert number["low"] < number["value"] < number["high"]


def test_a_claim_that_compares_what_a_protocol_sets_is_not_asked(make_run: RunMaker) -> None:
    runs = [*trained(make_run, {512: -0.2}, weight_decay=0.0), *trained(make_run, {512: -0.2}, layer_norm=True)]
    rows = {row["claim"]: row for row in records(report("claims", runs).table(MATRIX).frame)}
    assert (rows["T1.13b"]["no-weight-decay"], rows["T1.13b"]["layer-norm"]) == ("", "not yet measured")


def test_runs_of_one_protocol_make_no_matrix(make_run: RunMaker) -> None:
    made = report("claims", trained(make_run, {512: -0.2}))
    assert MATRIX not in {table.name for table in made.tables}
