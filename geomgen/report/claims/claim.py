"""Claims of the texts as declarations: parts, what each is measured by, and the rule that decides it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import LEVEL, Estimate
from geomgen.numerics.statistics import holm
from geomgen.report.claims.rule import Rule, Verdict, all_of
from geomgen.report.claims.statistic import Named, Statistic
from geomgen.report.collect import RunTables
from geomgen.report.quantity import Expression, Quantity

TEXTS = {
    "T1": "Geometric intuitions behind generalization",
    "T2": "The optimal set, and a posterior close to the prior",
    "T3": "Trainability, flat minima and volume",
    "T4": "Over-parameterised models as posterior samples",
    "T5": "Double descent and implicit regularisation",
}


@dataclass(frozen=True)
class Finding:
    """What the runs say about a part of a claim.

    Attributes:
        words: What was measured.
        estimate: The number.
        rule: What decides it.
        unit: Of the number.
        verdict: Decided together with the claim's other parts.
    """

    words: str
    estimate: Estimate
    rule: Rule
    unit: str = ""
    verdict: Verdict = Verdict.UNDECIDED


class Part(Protocol):
    """A part of a claim: one or several numbers and the rule for them."""

    @property
    def words(self) -> str:
        """What is measured."""

    @property
    def unit(self) -> str:
        """Of the numbers."""

    @property
    def rule(self) -> Rule:
        """What decides it."""

    @property
    def quantities(self) -> Sequence[Quantity]:
        """What it is measured by."""

    @property
    def commands(self) -> Sequence[str]:
        """The commands that measure it."""

    def estimates(self, tables: RunTables) -> Iterator[Named]:
        """Yield the numbers, each with what distinguishes it from the part's others.

        Raises:
            NoDataError: If runs that it needs are missing.
        """


@dataclass(frozen=True)
class Judged:
    """A part that is declared in full: a statistic of a selected quantity.

    Attributes:
        of: The selected quantity, or a combination of two.
        statistic: What is made of its values over widths and seeds.
        rule: What decides it.
    """

    of: Expression
    statistic: Statistic
    rule: Rule

    @property
    def words(self) -> str:
        """What is measured."""
        return f"{self.of.words}, {self.statistic.words}"

    @property
    def unit(self) -> str:
        """Of the numbers."""
        return self.of.unit

    @property
    def quantities(self) -> list[Quantity]:
        """What it is measured by."""
        return [selected.quantity for selected in self.of.selections]

    @property
    def commands(self) -> list[str]:
        """The commands that measure it."""
        found = [command for one in self.of.selections for command in one.quantity.commands(one.setting.flags)]
        return [command.replace("geomgen train", "geomgen train --width WIDTH --seed SEED", 1) for command in found]

    def estimates(self, tables: RunTables) -> Iterator[Named]:
        """Yield the statistic's estimates."""
        yield from self.statistic(self.of.values(tables))


@dataclass(frozen=True)
class Bespoke:
    """A part whose numbers a function finds.

    Attributes:
        words: What is measured.
        find: Yields the numbers, each with what distinguishes it.
        rule: What decides it.
        quantities: What it is measured by.
        commands: The commands that measure it.
        unit: Of the numbers.
    """

    words: str
    find: Callable[[RunTables], Iterable[Named]]
    rule: Rule
    quantities: tuple[Quantity, ...]
    commands: tuple[str, ...]
    unit: str = ""

    def estimates(self, tables: RunTables) -> Iterator[Named]:
        """Yield the numbers."""
        yield from self.find(tables)


@dataclass(frozen=True)
class Revised:
    """A rule that was changed after its number was seen.

    Attributes:
        why: The reason.
        before: The rule as it was.
        verdict: The verdict under it.
    """

    why: str
    before: str
    verdict: Verdict


@dataclass(frozen=True)
class Claim:
    """A claim or open question of a text.

    Attributes:
        id: ``T1.9``: the text, and the claim's number in it.
        says: The claim, in our words.
        parts: What it takes; the first gives the claim's number unless another decides. None if that is not built yet.
        report: Name of the report that shows more about it.
        published: The value in the text, with its unit.
        planned: The rule, for a claim whose measure is not built yet.
        quantity: What will be measured then.
        revised: How the rule was changed after its number was seen.
    """

    id: str
    says: str
    parts: tuple[Part, ...] = ()
    report: str = ""
    published: str = ""
    planned: str = ""
    quantity: str = ""
    revised: Revised | None = None

    @property
    def text(self) -> str:
        """Title of the text that it comes from."""
        return TEXTS[self.id.partition(".")[0]]

    @property
    def rule(self) -> str:
        """When it holds and when it does not."""
        if not self.parts:
            return self.planned
        each = "; ".join(f"{part.words}: {part.rule.words}" for part in self.parts)
        several = f", the parts together by Holm, at {LEVEL:.0%}" if len(self.parts) > 1 else f", at {LEVEL:.0%}"
        return f"Holds if {each}. Fails if one is on the other side{several}."

    @property
    def commands(self) -> list[str]:
        """The commands that measure it; none if that is not built yet."""
        return list(dict.fromkeys(command for part in self.parts for command in part.commands))

    @property
    def tables(self) -> list[str]:
        """Tables of runs that it is judged from."""
        return list(dict.fromkeys(quantity.table for part in self.parts for quantity in part.quantities))


@dataclass(frozen=True)
class Judgement:
    """What the runs say about a claim.

    Attributes:
        claim: The claim.
        findings: Of its parts.
        missing: What was not measured, in sentences.
    """

    claim: Claim
    findings: tuple[Finding, ...]
    missing: tuple[str, ...]

    @cached_property
    def verdict(self) -> Verdict:
        """By the claim's rule; a missing part leaves it undecided unless another fails."""
        if not self.findings:
            return Verdict.UNMEASURED
        lacking = [Verdict.UNDECIDED] if self.missing else []
        return all_of(*(finding.verdict for finding in self.findings), *lacking)

    @property
    def decisive(self) -> Finding | None:
        """The first finding with the claim's verdict, or the first of all."""
        alike = [finding for finding in self.findings if finding.verdict is self.verdict]
        return next(iter([*alike, *self.findings]), None)

    @property
    def is_by_chance(self) -> bool:
        """Whether the verdict was decided by intervals, so that it may be wrong by chance."""
        decided = self.verdict in {Verdict.HOLDS, Verdict.FAILS}
        return decided and any(finding.estimate.stderr for finding in self.findings)

    @property
    def evidence(self) -> str:
        """The numbers in words."""
        said = [f"{finding.words}: {_counted(finding)}" for finding in self.findings]
        return " ".join([*([f"{'; '.join(said)}."] if said else []), *self.missing])


def _counted(finding: Finding) -> str:
    estimate = finding.estimate
    approximate = f", approximate: {estimate.approximate}" if estimate.approximate else ""
    exact = estimate.is_known and not estimate.stderr
    return f"{estimate}" if exact else f"{estimate} (n = {estimate.count}{approximate})"


def judged(claim: Claim, tables: RunTables) -> Judgement:
    """Return what the runs say about a claim: every part measured, all of them decided together by Holm's procedure.

    Args:
        claim: The claim.
        tables: Tables of the runs.
    """
    if not claim.parts:
        return Judgement(claim, (), ("Its measure is not implemented yet.",))
    findings, missing = [], []
    for part in claim.parts:
        try:
            findings += [
                Finding(", ".join(filter(None, [part.words, words])), estimate, part.rule, part.unit)
                for words, estimate in part.estimates(tables)
            ]
        except NoDataError as error:
            missing.append(error.problem)
    decided = holm([finding.rule.p_value(finding.estimate) for finding in findings])
    verdicts = [
        finding.rule.side(finding.estimate) if sure else Verdict.UNDECIDED
        for finding, sure in zip(findings, decided, strict=True)
    ]
    told = [replace(finding, verdict=verdict) for finding, verdict in zip(findings, verdicts, strict=True)]
    return Judgement(claim, tuple(told), tuple(dict.fromkeys(missing)))
