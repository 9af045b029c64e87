"""A claim belongs to a text by its number."""

import pytest

from geomgen.report.claims.claim import TEXTS, Claim, Measured, Verdict


@pytest.mark.parametrize("text", TEXTS)
def test_a_claim_is_of_the_text_that_its_number_begins_with(text: str) -> None:
    assert Claim(f"{text}.3a", "It is.", "Holds if it is.").text == TEXTS[text]


def test_a_verdict_is_said_in_its_own_words() -> None:
    assert [str(verdict) for verdict in Verdict] == ["holds", "does not hold", "undecided", "not yet measured"]
    assert Measured(Verdict.UNDECIDED, "One seed.") == Measured(Verdict.UNDECIDED, "One seed.", None, None, None)
