"""What the page says of all verdicts together: a paragraph per text, and the claims by protocol."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geomgen.report.claims.matrix import DIFFERS, MATRIX, NOT_ASKED, NUMBERS
from geomgen.report.claims.rule import Verdict
from geomgen.report.content import MadeReport, records
from geomgen.report.page.views import SIGNS, measured_value
from geomgen.report.protocol import OTHERS, PUBLISHED, of_data

Row = dict[str, Any]
NOT_ASKED_SIGN = "\N{EN DASH}"


@dataclass(frozen=True)
class Summary:
    """What is known about the claims of a text.

    Attributes:
        text: Its title.
        told: Claims by what is said of them all: that they hold, do not hold, depend on the protocol, or are open.
        answered: Open questions with an answer.
        unmeasured: Number of claims and questions that no run measures.
    """

    text: str
    told: Mapping[str, Sequence[Row]]
    answered: Sequence[Row]
    unmeasured: int


@dataclass(frozen=True)
class Cell:
    """A verdict in the matrix.

    Attributes:
        sign: The verdict as one character.
        kind: Its class in the style sheet.
        says: The verdict and the number behind it, in words.
        differs: Whether published runs of the same widths say the opposite.
    """

    sign: str
    kind: str
    says: str
    differs: bool = False


@dataclass(frozen=True)
class Matrix:
    """The claims by protocol.

    Attributes:
        protocols: What each protocol is, by its name.
        rows: Each claim with its verdicts.
    """

    protocols: Mapping[str, str]
    rows: Sequence[tuple[Row, Sequence[Cell]]]


def summaries(claims: Sequence[Row], ledger: MadeReport) -> list[Summary]:
    """Return what is known about each text that any claim was measured of.

    Args:
        claims: Claims as they are shown.
        ledger: Report ``claims``.
    """
    by_protocol: dict[str, list[Row]] = {}
    for row in filter(_differs, _records(ledger, NUMBERS)):
        by_protocol.setdefault(row["claim"], []).append(row)
    texts = dict.fromkeys(claim["text"] for claim in claims if claim["is_measured"])
    return [_summary(text, [one for one in claims if one["text"] == text], by_protocol) for text in texts]


def _summary(text: str, claims: Sequence[Row], by_protocol: Mapping[str, Sequence[Row]]) -> Summary:
    decided = [claim for claim in claims if claim["verdict"] in {Verdict.HOLDS, Verdict.FAILS}]
    plain = [claim | {"where": ""} for claim in decided if claim["id"] not in by_protocol and not claim["answer"]]
    told = {
        "Holds": [claim for claim in plain if claim["verdict"] == Verdict.HOLDS],
        "Does not hold": [claim for claim in plain if claim["verdict"] == Verdict.FAILS],
        "Depends on the protocol": [
            claim | {"where": _where(by_protocol[claim["id"]])} for claim in claims if claim["id"] in by_protocol
        ],
        "Open": [
            claim | {"where": ""}
            for claim in claims
            if claim["verdict"] == Verdict.UNDECIDED and claim["id"] not in by_protocol
        ],
    }
    return Summary(
        text=text,
        told={words: those for words, those in told.items() if those},
        answered=[claim for claim in decided if claim["answer"]],
        unmeasured=sum(not claim["is_measured"] and claim["id"] not in by_protocol for claim in claims),
    )


def _differs(row: Row) -> bool:
    """Return whether a number and that of published runs of the same widths decide a claim in opposite ways."""
    return {row["verdict"], row["published_verdict"]} == {Verdict.HOLDS, Verdict.FAILS}


def _where(rows: Sequence[Row]) -> str:
    """Return in which protocols a claim holds or does not, unlike in published runs of the same widths."""
    holds, fails = (
        [row["protocol"] for row in rows if row["verdict"] == verdict] for verdict in (Verdict.HOLDS, Verdict.FAILS)
    )
    sides = [f"{words} {', '.join(found)}" for words, found in (("holds in", holds), ("not in", fails)) if found]
    return f"{'; '.join(sides)}: unlike in published runs of the same widths"


def matrix(claims: Sequence[Row], ledger: MadeReport) -> Matrix | None:
    """Return the claims by protocol; None if there are runs of one protocol only; arguments as of `summaries`."""
    rows = _records(ledger, MATRIX)
    if not rows:
        return None
    shown = {claim["id"]: claim for claim in claims}
    numbers = {(row["claim"], row["protocol"]): row for row in _records(ledger, NUMBERS)}
    about = {protocol.name: protocol.about for protocol in (PUBLISHED, *OTHERS)}
    names = [name for name in rows[0] if name not in {"claim", DIFFERS}]
    return Matrix(
        {name: about.get(name, of_data(name).about) for name in names},
        [(shown[row["claim"]], list(_cells(row, shown[row["claim"]], numbers))) for row in rows],
    )


def _cells(row: Row, claim: Row, numbers: Mapping[tuple[str, str], Row]) -> Iterator[Cell]:
    yield Cell(claim["sign"], claim["kind"], _said(claim))
    for name, verdict in row.items():
        if name in {"claim", PUBLISHED.name, DIFFERS}:
            continue
        if verdict == NOT_ASKED:
            yield Cell(NOT_ASKED_SIGN, "not-asked", "compares what the protocol sets, or needs no other runs")
            continue
        number = numbers.get((claim["id"], name))
        said = f"{_said(number)}; published at these widths: {_published(number)}" if number else verdict
        differs = number is not None and _differs(number)
        yield Cell(SIGNS[Verdict(verdict)], verdict.replace(" ", "-"), said, differs)


def _said(row: Row) -> str:
    value = measured_value(row["value"], row["low"], row["high"], row["unit"])
    return f"{row['verdict']}: {row['quantity']}: {value}" if value else row["verdict"]


def _published(row: Row) -> str:
    value = measured_value(row["published_value"], row["published_low"], row["published_high"], row["unit"])
    return ", ".join(filter(None, [value, row["published_verdict"]]))


def _records(ledger: MadeReport, name: str) -> list[dict[str, Any]]:
    return [row for table in ledger.tables if table.name == name for row in records(table.frame)]
