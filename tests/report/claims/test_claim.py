"""A claim's rule in words, and the verdict on all its parts together."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.claim import TEXTS, Answers, Claim, Revised, judged
from geomgen.report.claims.part import Part, measured
from geomgen.report.claims.rule import Rule, Verdict, above, below, exactly, within
from geomgen.report.collect import RunTables
from geomgen.report.quantities.similarity import MEAN_COSINE, SEPARATION
from geomgen.report.quantities.training import BITS_PER_STEP, TEST_ACCURACY
from geomgen.report.quantity import log_ratio
from geomgen.report.statistic import Named, at_width, exponent, sign_change

NOTHING = RunTables([])
POSITIVE = above(0)
INITIAL = MEAN_COSINE.of(state="initial", condition="data")
TRAINED = MEAN_COSINE.of(state="final", condition="data")


def about(value: float, stderr: float = 1.0) -> Estimate:
    return Estimate(value, stderr, math.inf, 3)


def part(*found: Estimate | str, rule: Rule = POSITIVE, words: str = "number") -> Part:
    """Return a part with these numbers; a word is a number that is missing, and why."""

    def find(_tables: RunTables) -> Iterator[Named]:
        for index, estimate in enumerate(found):
            if isinstance(estimate, str):
                raise NoDataError(estimate, "Make it.")
            yield (f"at width {index}" if len(found) > 1 else ""), estimate

    return Part(words, find, rule, (TEST_ACCURACY,), ("geomgen train",))


def claim(*parts: Part, published: str = "") -> Claim:
    return Claim("T1.1", "It is.", parts, published=published)


@pytest.mark.parametrize("text", TEXTS)
def test_a_claim_is_of_the_text_that_its_number_begins_with(text: str) -> None:
    assert Claim(f"{text}.3a", "It is.", ()).text == TEXTS[text]


def test_a_verdict_is_said_in_its_own_words() -> None:
    assert [str(verdict) for verdict in Verdict] == ["holds", "does not hold", "undecided", "not yet measured"]


def test_the_rule_is_a_sentence_of_all_parts() -> None:
    one = claim(measured(TRAINED - INITIAL, at_width(512), above(0)))
    assert one.rule == (
        "Holds if the mean cosine similarity (trained minus before training) at width 512 is above 0; fails if not. "
        "Decided at 95 % for all its numbers together (Holm)."
    )
    separation = SEPARATION.of(condition="control-units")
    two = Claim("T1.1", "", (measured(separation, at_width(8, 16), above(5)), part()), details="Of all runs.")
    assert two.rule == (
        "Holds if the mean cosine similarity before training minus a control's (control of permuted units) at widths "
        "8 and 16 is above 5 standard deviations, and the number is above 0; fails if one of these is not so. "
        "Decided at 95 % for all its numbers together (Holm). Of all runs."
    )
    assert claim(part(rule=exactly(0))).rule == "Holds if the number is exactly 0; fails if not."


def test_a_part_says_what_it_compares() -> None:
    ratio = log_ratio(TRAINED, INITIAL)
    beside = INITIAL.among(arch="lenet5") - INITIAL.among(optimizer="sgd", lr=0.1)
    normed = INITIAL.among(layer_norm=True) - INITIAL
    assert [expression.words for expression in (ratio, beside, normed)] == [
        "logarithm of the mean cosine similarity (trained over before training)",
        "mean cosine similarity (lenet5, adamw, lr 0.001 minus mlp, sgd, lr 0.1, before training)",
        "mean cosine similarity (layer norm minus no layer norm, before training)",
    ]
    assert (TRAINED / TEST_ACCURACY.of()).words == "mean cosine similarity (trained) over the test accuracy"


def test_a_number_has_the_unit_of_what_it_is() -> None:
    bits = BITS_PER_STEP.of()
    assert measured(bits, at_width(512), above(1)).limits == "above 1 bit"
    assert measured(bits, exponent(), above(1)).limits == "above 1"
    assert measured(bits, sign_change(), above(1)).limits == "above 1 unit"


def test_commands_name_what_differs_from_the_published_protocol() -> None:
    judged_part = measured(BITS_PER_STEP.of().among(weight_decay=0.0), at_width(512), above(1))
    assert claim(judged_part, judged_part).commands == [
        "geomgen train --width WIDTH --seed SEED --weight-decay 0 --track implicit-regularization"
    ]


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((), "not yet measured"),
        ((part("No run."),), "not yet measured"),
        ((part(about(3)),), "holds"),
        ((part(about(-3)),), "does not hold"),
        ((part(about(1)),), "undecided"),
        ((part(about(7, math.nan)),), "undecided"),
        ((part(about(-7, math.nan)),), "undecided"),
        ((part(about(3)), part(about(3))), "holds"),
        ((part(about(3)), part(about(1))), "undecided"),
        ((part(about(3)), part("No run.")), "undecided"),
        ((part(about(-3)), part("No run.")), "does not hold"),
        ((part(about(1)), part(about(-3))), "does not hold"),
        ((part(about(0, 0.0)),), "does not hold"),
        ((part(about(0, 0.0), rule=below(0)),), "does not hold"),
        ((part(about(0, 0.0), rule=exactly(0)),), "holds"),
        ((part(about(1e-9, 0.0), rule=exactly(0)),), "does not hold"),
    ],
)
def test_the_verdict_on_all_parts(parts: tuple[Part, ...], verdict: str) -> None:
    assert judged(claim(*parts), NOTHING).verdict == verdict


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ((part(about(-9), about(9)),), "holds"),
        ((part(about(-9), about(1)),), "undecided"),
        ((part(about(-9), about(2.1)),), "undecided"),
        ((part(about(-2.1), about(-2.1), about(-2.1)),), "does not hold"),
        ((part(about(-9), about(2.3)), part(about(9), about(2.3))), "holds"),
        ((part(about(-9), about(-9)),), "does not hold"),
        ((part(about(-9), about(9)), part(about(9), about(9))), "holds"),
        ((part(about(-9), about(9)), part(about(9), about(-9))), "does not hold"),
        ((part(about(-9), about(9)), part(about(9), about(1))), "undecided"),
        ((part(about(-9), about(9)), part("No run.")), "undecided"),
        ((part("No run."),), "not yet measured"),
    ],
)
def test_one_case_in_which_all_parts_hold_is_enough(parts: tuple[Part, ...], verdict: str) -> None:
    assert judged(replace(claim(*parts), one_of="series"), NOTHING).verdict == verdict


def test_a_claim_on_some_cases_shows_one_that_decides() -> None:
    found = judged(replace(claim(part(about(9), about(8)), part(about(-9), about(7))), one_of="series"), NOTHING)
    assert found.claim.rule.startswith("Holds if in one series or more the number is above 0, and the number is above")
    assert "; fails if in none. " in found.claim.rule
    assert found.shown is not None
    assert found.shown.estimate.value == 8


def test_all_numbers_together_are_decided_by_holm() -> None:
    """2.1 standard errors decide alone, and beside a surer number, but not beside another like it."""
    alone, beside, both = about(2.1), (about(2.1), about(9)), (about(2.1), about(2.2))
    assert judged(claim(part(alone)), NOTHING).verdict == "holds"
    assert judged(claim(part(*beside)), NOTHING).verdict == "holds"
    assert judged(claim(part(*both)), NOTHING).verdict == "undecided"
    assert judged(claim(*map(part, both)), NOTHING).verdict == "undecided"


def test_what_stands_for_a_claim_decides_it_unless_a_published_value_stands_beside_it() -> None:
    parts = part(about(5), words="first"), part(about(-5), words="second")
    found = [judged(claim(*parts, published=published), NOTHING) for published in ("", "5.1")]
    assert [(it.shown.words, it.published) for it in found if it.shown] == [("second", ""), ("first", "5.1")]
    missing = judged(claim(part("No run."), parts[1], published="5.1"), NOTHING)
    assert (missing.shown.words if missing.shown else "", missing.published) == ("second", "")


def test_evidence_is_every_number_once_and_what_is_missing() -> None:
    found = judged(claim(part(about(3), about(4, 0.0)), part("No run."), part("No run.")), NOTHING)
    assert found.evidence == "number, at width 0: 3 [1.04, 4.96] (n = 3); at width 1: 4. No run."
    assert [why for _, why in found.missing] == ["No run.", "No run."]
    widths = judged(Claim("T1.1", "", (part(about(1, 0.0), about(2, 0.0), words="X"),)), NOTHING)
    assert widths.evidence == "X, at width 0: 1; at width 1: 2."
    said = [f"{name} (lr 0.1, train size 8) over the Y" for name in ("X", "Z")]
    same = judged(Claim("T1.1", "", tuple(part(about(1, 0.0), words=words) for words in said)), NOTHING)
    assert same.evidence == "X (lr 0.1, train size 8) over the Y: 1; Z (same setting) over the Y: 1."


@pytest.mark.parametrize(
    ("found", "rule", "chance"),
    [
        (about(3), POSITIVE, 0.025),
        (about(-3), POSITIVE, 0.025),
        (about(1), POSITIVE, 0),
        (about(3, 0.0), POSITIVE, 0),
        (about(0, 0.1), within(-1, 1), 0.025),
        (about(9), within(-1, 1), 0.05),
    ],
)
def test_only_verdicts_by_intervals_may_be_wrong_by_chance(found: Estimate, rule: Rule, chance: float) -> None:
    assert judged(claim(part(found, rule=rule)), NOTHING).chance_of_error == pytest.approx(chance)


@pytest.mark.parametrize(
    ("rule", "truth", "verdict"),
    [
        (above(0), 0, "holds"), (above(0), 0, "does not hold"), (within(-1, 1), 1, "holds"),
        (within(-0.1, 0.1), 0, "does not hold"), (within(-1, 1), 1, "does not hold"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [1, 3])
def test_a_wrong_verdict_is_as_rare_as_it_says(rule: Rule, truth: float, verdict: str, count: int) -> None:
    rng, repeats = np.random.default_rng(0), 2000
    found = [
        judged(claim(*(part(about(value), rule=rule) for value in rng.normal(truth, 1, count))), NOTHING)
        for _ in range(repeats)
    ]
    wrong = [one.chance_of_error for one in found if one.verdict == verdict]
    assert len(wrong) / repeats < max(wrong, default=0.025) + 4 * math.sqrt(0.05 / repeats)


def test_a_revision_says_why_and_what_was_before() -> None:
    revised = Revised("One seed said nothing.", "Above 0.", Verdict.FAILS)
    assert revised.words == "One seed said nothing. The rule was: Above 0. Its verdict: does not hold."


@pytest.mark.parametrize(
    ("value", "answer"),
    [(9.0, "They do."), (-9.0, "They do not."), (0.0, "The runs leave it open."), (None, "No run measures it yet.")],
)
def test_an_open_question_is_answered_by_its_verdict(value: float | None, answer: str) -> None:
    found = part("Nothing." if value is None else about(value))
    question = Claim("T1.1", "Open: do they?", (found,), answers=Answers("They do.", "They do not."))
    assert judged(question, NOTHING).answer == answer
    assert judged(claim(found), NOTHING).answer == ""
