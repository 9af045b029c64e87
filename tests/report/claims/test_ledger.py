"""The ledger as a whole: every claim is there, its commands and reports exist, and nothing is made of no data."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from geomgen.config.registry import EXPERIMENTS
from geomgen.errors import NoDataError
from geomgen.report.claims.claim import TEXTS, Claim, Measured, Tables, Verdict
from geomgen.report.claims.ledger import CLAIMS, judged
from geomgen.report.collect import RunTables
from geomgen.report.formats import render
from geomgen.report.reports import REPORTS
from geomgen.sweep.library import shipped_recipes
from tests.report.made_up_runs import RunMaker

COUNTS = {"T1": 19, "T2": 9, "T3": 10, "T4": 6, "T5": 10}


def test_every_claim_of_the_texts_is_there_in_order() -> None:
    ids = [claim.id for claim in CLAIMS]
    assert len(set(ids)) == len(ids)
    numbers = list(dict.fromkeys(re.sub(r"[a-z]$", "", claim_id) for claim_id in ids))
    assert numbers == [f"{text}.{number}" for text, count in COUNTS.items() for number in range(1, count + 1)]
    assert {claim.text for claim in CLAIMS} == set(TEXTS.values())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_a_claim_has_a_rule_and_names_what_exists(claim: Claim) -> None:
    assert claim.says.endswith((".", "?"))
    assert claim.rule.endswith(".")
    assert claim.quantity
    words = [shlex.split(command) for command in claim.commands]
    assert {line[1] for line in words} <= {"sweep", *(name.split()[0] for name in EXPERIMENTS)}
    assert {line[2] for line in words if line[1] == "sweep"} <= set(shipped_recipes())
    assert claim.report in {"", *REPORTS, "similarity", "architectures", "regularisation", "unit-variance"}
    assert bool(claim.judge) == bool(claim.tables)
    assert claim.commands or not claim.judge


def test_no_runs_say_nothing() -> None:
    frame = REPORTS["claims"].build(RunTables([])).main.frame
    assert set(frame["verdict"]) == {"not yet measured"}
    assert len(frame) == len(CLAIMS)


def test_a_judge_is_asked_once_there_is_what_it_needs() -> None:
    def judge(tables: Tables) -> Measured:
        if tables["a"].empty:
            raise NoDataError("No width 8.", "Train one.")
        return Measured(Verdict.HOLDS, "Two seeds.", 1.0, 0.5, 1.5)

    claim = Claim("T1.1", "It is.", "Holds if it is.", tables=("a",), judge=judge)
    assert judged(claim, {}) == Measured(Verdict.UNMEASURED, "No complete run has a table a.")
    assert judged(claim, {"a": pd.DataFrame()}) == Measured(Verdict.UNMEASURED, "No width 8.")
    assert judged(claim, {"a": pd.DataFrame({"x": [1]})}).verdict == "holds"


def test_every_format(tmp_path: Path) -> None:
    made = REPORTS["claims"].build(RunTables([RunMaker(tmp_path)(epochs_done=1)]))
    assert '"verdict": "not yet measured"' in render(made.main, "json")
    assert "T5.10" in render(made.main, "table")
