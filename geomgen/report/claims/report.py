"""Report ``claims``: each claim of the texts with what the runs say about it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from geomgen.report.claims.claim import Claim, Measured
from geomgen.report.claims.intervals import Interval, significant
from geomgen.report.claims.ledger import CLAIMS, judged
from geomgen.report.collect import Collected
from geomgen.report.content import MadeReport, MadeTable
from geomgen.report.report import Report, Source

NAME = "claims"
TITLE = "Claims of the texts, and what the runs say about them"
QUESTION = "Which claims and open questions of the five texts hold?"
NOT_BUILT = "not implemented yet"
SOURCES = tuple(
    Source(table, "Make it with the claim's commands.", required=False)
    for table in dict.fromkeys(table for claim in CLAIMS for table in claim.tables)
)


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return every claim with its verdict.

    Args:
        sources: Rows of any of the tables that claims need.
    """
    tables = {name: collected.frame for name, collected in sources.items()}
    verdicts = {claim: judged(claim, tables) for claim in CLAIMS}
    frame = pd.DataFrame([_row(claim, measured) for claim, measured in verdicts.items()])
    layout = pd.DataFrame([_line(claim, measured) for claim, measured in verdicts.items()])
    notes = [f"{count} {verdict}." for verdict, count in frame["verdict"].value_counts().items()]
    return MadeReport((MadeTable(TITLE, frame, layout, NAME, QUESTION),), notes=tuple(notes))


def _row(claim: Claim, measured: Measured) -> dict[str, Any]:
    return {
        "id": claim.id,
        "text": claim.text,
        "claim": claim.says,
        "quantity": claim.quantity,
        "unit": claim.unit,
        "published": claim.published,
        "value": measured.value,
        "low": measured.low,
        "high": measured.high,
        "verdict": str(measured.verdict),
        "evidence": measured.evidence,
        "rule": claim.rule,
        "commands": "; ".join(claim.commands) or NOT_BUILT,
        "report": claim.report,
    }


def _line(claim: Claim, measured: Measured) -> dict[str, str]:
    return {
        "id": claim.id,
        "claim": claim.says,
        "measured": measured_words(claim, measured),
        "published": claim.published or "-",
        "verdict": str(measured.verdict),
    }


def measured_words(claim: Claim, measured: Measured) -> str:
    """Return the measured value with its interval, unit and meaning; ``-`` if there is none."""
    if measured.value is None:
        return "-"
    if measured.low is None or measured.high is None:
        shown = significant(measured.value)
    else:
        shown = str(Interval(measured.value, measured.low, measured.high, 0))
    return f"{shown} {claim.unit}".rstrip() + f" ({claim.quantity})"


REPORT = Report(NAME, QUESTION, SOURCES, make)
