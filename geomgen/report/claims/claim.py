"""A claim of a text, and what the runs say about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

TEXTS = {
    "T1": "Geometric intuitions behind generalization",
    "T2": "The optimal set, and a posterior close to the prior",
    "T3": "Trainability, flat minima and volume",
    "T4": "Over-parameterised models as posterior samples",
    "T5": "Double descent and implicit regularisation",
}


class Verdict(StrEnum):
    """What the runs say about a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNDECIDED = "undecided"
    UNMEASURED = "not yet measured"


@dataclass(frozen=True)
class Measured:
    """The measurement behind a claim.

    Attributes:
        verdict: By the claim's rule.
        evidence: The numbers behind it in words: widths, seeds, and what the verdict is based on.
        value: The claim's quantity.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    verdict: Verdict
    evidence: str
    value: float | None = None
    low: float | None = None
    high: float | None = None


Tables = Mapping[str, pd.DataFrame]
Judge = Callable[[Tables], Measured]


@dataclass(frozen=True)
class Claim:
    """A claim or open question of a text.

    Attributes:
        id: ``T1.9``: the text, and the claim's number in it.
        says: The claim, in our words.
        rule: When it holds and when it does not; written before the number.
        quantity: What the measured value is.
        unit: Of the measured value; empty for ratios, exponents and similarities.
        published: The value in the text, with its unit.
        commands: The commands that measure it; none if that is not implemented yet.
        tables: Tables of runs that ``judge`` needs.
        judge: Judges the claim from the collected rows of those tables, each with its run's options; raises NoDataError
            if rows that it needs are missing.
        report: Name of the report that shows more about it.
    """

    id: str
    says: str
    rule: str
    quantity: str = ""
    unit: str = ""
    published: str = ""
    commands: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    judge: Judge | None = None
    report: str = ""

    @property
    def text(self) -> str:
        """Title of the text that it comes from."""
        return TEXTS[self.id.partition(".")[0]]
