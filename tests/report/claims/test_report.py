"""Each claim is a row with what was measured of it, and each of its numbers is a row of the second table."""

import math

import pytest

from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.claim import Claim, Finding, Judgement, judged
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.claims.report import PARTS, REPORT, measured_words, notes_on_chance
from geomgen.report.claims.rule import Verdict
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport, records
from geomgen.report.formats import render
from geomgen.store.run import Run
from tests.report.claims.judging import BY_ID
from tests.report.made_up_gradients import gradient_row
from tests.report.made_up_runs import RunMaker

PART = BY_ID["T1.16b"].parts[0]


def made_of(*runs: Run) -> MadeReport:
    return REPORT.build(RunTables(runs))


@pytest.fixture
def measured(make_run: RunMaker) -> MadeReport:
    """The report of three seeds that measure bits per step, and no path of training."""
    return made_of(*(
        make_run(tables={"implicit_regularization": [gradient_row(1, 0.1, None, bits=0.3 + 0.01 * seed)]}, width=512,
                 seed=seed)
        for seed in range(3)
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("value", "stderr", "words"),
    [
        (1234.5678, math.nan, "1.23e+03 bits (X)"),
        (1234.5678, 0.0, "1,235 bits (X)"),
        (1.5, 0.25, "1.5 [1.01, 1.99] bits (X)"),
    ],
)
def test_a_value_comes_with_interval_unit_and_meaning(value: float, stderr: float, words: str) -> None:
    assert measured_words(Finding(PART, "X", Estimate(value, stderr, math.inf, 3))) == words
    assert measured_words(None) == "-"


def test_without_runs_every_claim_says_what_would_measure_it() -> None:
    made = made_of()
    frame, layout = made.main.frame, made.main.layout
    assert frame["id"].tolist() == layout["id"].tolist() == [claim.id for claim in CLAIMS]
    assert set(frame["verdict"]) == {"not yet measured"}
    assert frame["value"].isna().all()
    assert frame["quantity"].str.len().gt(0).all()
    assert frame["commands"].str.startswith("geomgen ").all()
    assert made.notes[0] == f"{len(CLAIMS)} not yet measured."
    parts = made.table(PARTS).frame
    assert len(parts) == sum(len(claim.parts) for claim in CLAIMS)
    assert set(parts["verdict"]) == {"not yet measured"}


def test_a_measured_claim_in_full(measured: MadeReport) -> None:
    row = next(row for row in records(measured.main.frame) if row["id"] == "T1.16b")
    assert row["quantity"] == "information in a step's gradient at width 512"
    assert (row["unit"], row["verdict"], row["value"]) == ("bits", "holds", pytest.approx(0.31))
    assert row["low"] < row["value"] < row["high"]
    assert row["evidence"] == "information in a step's gradient at width 512: 0.31 [0.285, 0.335] (n = 3)."
    part = next(row for row in records(measured.table(PARTS).frame) if row["claim"] == "T1.16b")
    assert (part["part"], part["rule"], part["n"]) == (row["quantity"], "below 1 bit", 3)
    assert (part["value"], part["low"], part["verdict"]) == (row["value"], row["low"], "holds")
    assert part["p_value"] < 0.001


def test_a_changed_rule_is_in_the_table() -> None:
    rows = {row["id"]: row for row in records(made_of().main.frame)}
    assert rows["T1.9"]["revised"].startswith("R^2 is above 0.99 for many curves that are not straight")
    assert rows["T1.9"]["revised"].endswith("Its verdict: holds.")
    assert rows["T1.16b"]["revised"] == ""


def test_how_many_verdicts_would_be_wrong_by_chance(measured: MadeReport) -> None:
    def judgement(value: float, stderr: float = 0.1, approximate: str = "") -> Judgement:
        finding = Finding(PART, "X", Estimate(value, stderr, math.inf, 3, approximate), Verdict.HOLDS)
        return Judgement(BY_ID["T1.16b"], (finding,), ())

    by_chance, revised = notes_on_chance([judgement(0.1)] * 30 + [judgement(0.1, 0.0)])
    assert by_chance == (
        "30 verdicts were decided by 95 % intervals. Each is wrong by chance in at most 2.5 % of cases, or 5 % if a "
        "number was found outside a rule of two limits: on average, at most 0.75 of them."
    )
    assert revised.startswith("0 rules were changed")
    exact, apart, _ = notes_on_chance([judgement(0.1), *[judgement(0.1, approximate="covers 86 to 98 %")] * 2])
    assert exact.startswith("1 verdict was decided by 95 % intervals. ")
    assert exact.endswith("on average, at most 0.025 of them.")
    assert apart.startswith("2 verdicts were decided by intervals that are approximate")
    assert any(note.startswith("1 verdict was decided by 95 % intervals") for note in measured.notes)
    assert notes_on_chance([judged(Claim("T1.1", "It is.", ()), RunTables([]))])[0].startswith(
        "No verdicts were decided"
    )


def test_every_format(measured: MadeReport) -> None:
    assert '"verdict": "holds"' in render(measured.main, "json")
    assert all("T5.10" in render(table, "table") for table in measured.tables)
