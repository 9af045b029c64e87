"""Report ``claims``: each claim of the texts with what the runs say about it, and each of its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from geomgen.report.claims.claim import ELSEWHERE, Finding, Judgement, judged, numbers
from geomgen.report.claims.elsewhere import claims_of, find_protocol, judged_elsewhere
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.claims.matrix import tables_of
from geomgen.report.claims.rule import Verdict, with_unit
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport, MadeTable, text
from geomgen.report.protocol import PUBLISHED
from geomgen.report.report import Report

NAME, PARTS = "claims", "claims-parts"
TITLE = "Claims of the texts, and what the runs say about them"
QUESTION = "Which claims and open questions of the five texts hold?"


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return every claim with its verdict, and beside it those in other protocols that were measured.

    Args:
        tables: Tables of the runs.
    """
    judgements = [judged(claim, tables) for claim in CLAIMS]
    made = _made(judgements)
    others = judged_elsewhere(tables)
    return replace(made, tables=(*made.tables, *tables_of(judgements, others))) if others else made


def of_protocol(tables: RunTables, name: str) -> MadeReport:
    """Return the verdicts in one protocol.

    Args:
        tables: Tables of the runs.
        name: Its name, or that of the data which take the place of the published ones.

    Raises:
        UsageError: If there is no such protocol.
    """
    protocol = find_protocol(name, tables)
    if protocol is PUBLISHED:
        return make(tables, None)
    made = _made([judged(claim, tables) for claim, _ in claims_of(protocol)])
    return replace(made, notes=(f"Protocol {protocol.name}: {protocol.about} {ELSEWHERE}", *made.notes))


def _made(judgements: Sequence[Judgement]) -> MadeReport:
    frame = pd.DataFrame([_row(judgement) for judgement in judgements])
    layout = pd.DataFrame([_line(judgement) for judgement in judgements])
    counts = [f"{count} {verdict}." for verdict, count in frame["verdict"].value_counts().items()]
    notes = (*counts, *notes_on_chance(judgements))
    return MadeReport((MadeTable(TITLE, frame, layout, NAME, QUESTION), _parts(judgements)), notes=notes)


def notes_on_chance(judgements: Sequence[Judgement]) -> list[str]:
    """Return notes on verdicts that chance may have decided, and on rules that were changed."""
    by_interval = [judgement for judgement in judgements if judgement.chance_of_error]
    chances = [judgement.chance_of_error for judgement in by_interval if not judgement.is_approximate]
    approximate = len(by_interval) - len(chances)
    revised = sum(judgement.claim.revised is not None for judgement in judgements)
    wrong = (
        " Each is wrong by chance in at most 2.5 % of cases, or 5 % if a number was found outside a rule of two "
        f"limits: on average, at most {sum(chances):.2g} of them."
    )
    return [
        f"{_verdicts(len(chances))} decided by 95 % intervals.{wrong * bool(chances)}",
        *[
            f"{_verdicts(approximate)} decided by intervals that are approximate, and may be wrong more or less often: "
            "the numbers behind the verdicts say how often each covers the truth."
        ]
        * bool(approximate),
        f"{revised} rules were changed after their number was seen; each says why, and what it was.",
    ]


def _verdicts(count: int) -> str:
    return "1 verdict was" if count == 1 else f"{count or 'No'} verdicts were"


def _row(judgement: Judgement) -> dict[str, Any]:
    claim = judgement.claim
    return {
        "id": claim.id,
        "text": claim.text,
        "claim": claim.says,
        **_quantity(judgement),
        "published": judgement.published,
        **numbers(judgement.shown),
        "verdict": str(judgement.verdict),
        "answer": judgement.answer,
        "evidence": judgement.evidence,
        "rule": claim.rule,
        "commands": "; ".join(claim.commands),
        "report": claim.report,
        "revised": claim.revised.words if claim.revised else "",
    }


def _quantity(judgement: Judgement) -> dict[str, str]:
    """Return what is measured of a claim, and its unit."""
    shown = judgement.shown
    part = shown.part if shown else judgement.claim.parts[0]
    return {"quantity": shown.words if shown else part.words, "unit": part.unit}


def _line(judgement: Judgement) -> dict[str, str]:
    return {
        "id": judgement.claim.id,
        "claim": judgement.claim.says,
        "measured": measured_words(judgement.shown),
        "published": judgement.published or "-",
        "verdict": str(judgement.verdict),
    }


def measured_words(finding: Finding | None) -> str:
    """Return a number with its interval, unit and meaning; ``-`` if there is none."""
    if finding is None:
        return "-"
    known = finding.estimate.is_known
    shown = str(finding.estimate) if known else text(finding.estimate.value, ".3g")
    return f"{with_unit(shown, finding.part.unit)} ({finding.words})"


def _parts(judgements: Sequence[Judgement]) -> MadeTable:
    """Return the table of every number that bears on a claim, and of those that are missing."""
    rows = [row for judgement in judgements for row in _part_rows(judgement)]
    columns = ["claim", "part", "value", "low", "high", "n", "p_value", "rule", "verdict", "approximate"]
    frame = pd.DataFrame(rows, columns=columns).astype({"n": "Int64"})
    return MadeTable.plain(PARTS, "Numbers behind the verdicts", "What decides each part of a claim?", frame)


def _part_rows(judgement: Judgement) -> Iterator[dict[str, Any]]:
    claim = {"claim": judgement.claim.id}
    for finding in judgement.findings:
        estimate = finding.estimate
        yield (
            claim
            | {"part": finding.words, **numbers(finding)}
            | {
                "n": estimate.count,
                "p_value": finding.p_value,
                "rule": finding.part.limits,
                "verdict": str(finding.verdict),
                "approximate": estimate.approximate,
            }
        )
    for part, _ in judgement.missing:
        yield claim | {"part": part.words, "rule": part.limits, "verdict": str(Verdict.UNMEASURED)}


REPORT = Report(NAME, QUESTION, (), make, of_protocol=of_protocol)
