"""Tables of claims by protocol: the verdict in each, and the number that stands for it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from geomgen.report.claims.claim import Judgement, numbers
from geomgen.report.claims.elsewhere import Elsewhere
from geomgen.report.content import MadeTable
from geomgen.report.protocol import PUBLISHED

MATRIX, NUMBERS = "claims-elsewhere", "claims-elsewhere-numbers"
TITLE = "Verdicts in other protocols and on other data"
QUESTION = "Which verdicts depend on the protocol?"
BESIDE = "What was measured there, and in published runs of the same widths?"
DIFFERS = "differs_in"
NOT_ASKED = ""
"""In place of a verdict: the claim compares what the protocol sets, or the same runs measure both."""


def tables_of(published: Sequence[Judgement], others: Sequence[Elsewhere]) -> tuple[MadeTable, MadeTable]:
    """Return the verdict on each claim in each protocol, and the numbers behind those that are not the published ones.

    Args:
        published: What the published runs say.
        others: What those of other protocols say.
    """
    frame = pd.DataFrame(_rows(published, others))
    told = pd.DataFrame([_numbers_row(one) for one in others if one.is_measured])
    return (
        MadeTable.plain(MATRIX, TITLE, QUESTION, frame),
        MadeTable.plain(NUMBERS, "Numbers behind the verdicts in other protocols", BESIDE, told),
    )


def _rows(published: Sequence[Judgement], others: Sequence[Elsewhere]) -> Iterator[dict[str, Any]]:
    """Yield the claims that were judged in any other protocol: the verdicts, and where they are not as published.

    A verdict is compared with that on published runs of the same widths, both decided.
    """
    names = dict.fromkeys(one.protocol.name for one in others)
    for judgement in published:
        found = {one.protocol.name: one for one in others if one.there.claim.id == judgement.claim.id}
        if found:
            verdicts = {name: str(found[name].there.verdict) if name in found else NOT_ASKED for name in names}
            differs = ", ".join(name for name, one in found.items() if one.differs)
            claim = {"claim": judgement.claim.id, PUBLISHED.name: str(judgement.verdict)}
            yield {**claim, **verdicts, DIFFERS: differs}


def _numbers_row(one: Elsewhere) -> dict[str, Any]:
    shown = one.there.shown
    return {
        "claim": one.there.claim.id,
        "protocol": one.protocol.name,
        "quantity": shown.words if shown else "",
        **numbers(shown),
        "unit": shown.part.unit if shown else "",
        "verdict": str(one.there.verdict),
        **{f"published_{name}": value for name, value in numbers(one.published).items()},
        "published_verdict": str(one.here.verdict),
    }
