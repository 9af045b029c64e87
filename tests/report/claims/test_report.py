"""Each claim is a row with what was measured of it in words."""

import pytest

from geomgen.report.claims.claim import Claim, Measured, Verdict
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.claims.report import make, measured_words

CLAIM = Claim("T1.1", "It is.", "Holds if it is.", quantity="change", unit="nats")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((None, None, None), "-"),
        ((1234.5678, None, None), "1,235 nats (change)"),
        ((1.5, 1.0, 2.0), "1.5 [1, 2] nats (change)"),
    ],
)
def test_a_value_comes_with_interval_unit_and_meaning(values: tuple[float | None, ...], words: str) -> None:
    assert measured_words(CLAIM, Measured(Verdict.HOLDS, "Two seeds.", *values)) == words


def test_without_tables_every_claim_says_what_would_measure_it() -> None:
    made = make({}, None)
    frame, layout = made.main.frame, made.main.layout
    assert frame["id"].tolist() == layout["id"].tolist() == [claim.id for claim in CLAIMS]
    assert set(frame["verdict"]) == {"not yet measured"}
    assert frame["value"].isna().all()
    assert frame["commands"].str.startswith(("geomgen ", "not implemented yet")).all()
    assert made.notes == (f"{len(CLAIMS)} not yet measured.",)
