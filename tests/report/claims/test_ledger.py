"""The ledger as a whole: every claim is there, its commands and reports exist, and nothing is made of no data."""

import re
import shlex

import pytest

from geomgen.config.base import option_docs, option_flag
from geomgen.config.registry import EXPERIMENTS
from geomgen.report.claims.claim import TEXTS, Claim
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.reports import REPORTS
from geomgen.sweep.library import shipped_recipes

COUNTS = {"T1": 22, "T2": 10, "T3": 10, "T4": 7, "T5": 10}
each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)


def test_every_claim_of_the_texts_is_there_in_order() -> None:
    ids = [claim.id for claim in CLAIMS]
    assert len(set(ids)) == len(ids) == 74
    numbers = list(dict.fromkeys(re.sub(r"[a-z]$", "", claim_id) for claim_id in ids))
    assert numbers == [f"{text}.{number}" for text, count in COUNTS.items() for number in range(1, count + 1)]
    assert {claim.text for claim in CLAIMS} == set(TEXTS.values())


@each_claim
def test_a_claim_has_parts_and_a_report(claim: Claim) -> None:
    assert claim.says.endswith((".", "?"))
    assert claim.parts
    assert claim.report in REPORTS


@each_claim
def test_the_rule_names_each_part_and_its_limits(claim: Claim) -> None:
    assert claim.rule.endswith(".")
    assert not set(claim.rule) & set("{}")
    assert "the the " not in claim.rule
    assert all(f"the {part.words} is {part.limits}" in claim.rule for part in claim.parts)


@each_claim
def test_the_commands_of_a_claim_can_be_typed(claim: Claim) -> None:
    assert bool(claim.commands) == bool(claim.parts)
    for command in claim.commands:
        program, *words = shlex.split(command)
        assert program == "geomgen"
        if words[0] == "sweep":
            assert words[1] in shipped_recipes()
            continue
        experiment = max((name for name in EXPERIMENTS if words[: name.count(" ") + 1] == name.split()), key=len)
        known = {*experiment.split(), *(option_flag(name) for name in option_docs(EXPERIMENTS[experiment].config))}
        assert {word.replace("--no-", "--") for word in words if word.startswith("--")} <= known


@each_claim
def test_every_part_is_measured_by_quantities_that_an_experiment_makes(claim: Claim) -> None:
    for part in claim.parts:
        assert part.quantities
        assert {quantity.maker.name for quantity in part.quantities} <= set(EXPERIMENTS)


def test_a_changed_rule_says_what_it_was() -> None:
    revised = [claim.revised for claim in CLAIMS if claim.revised]
    assert all(it.why.endswith(".") and it.before.endswith(".") for it in revised)
    assert all(claim.parts for claim in CLAIMS if claim.revised)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_open_questions_that_are_measured_have_answers(claim: Claim) -> None:
    is_open = claim.says.startswith(("Open", "Unchecked"))
    assert bool(claim.answers) == (is_open and bool(claim.parts))
