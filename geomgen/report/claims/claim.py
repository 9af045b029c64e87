"""Claims of the texts as declarations: parts, what each is measured by, and the rule that decides it."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from geomgen.errors import NoDataError, UsageError
from geomgen.numerics.estimate import LEVEL, Estimate
from geomgen.numerics.statistics import holm
from geomgen.report.claims.part import Pair, Part
from geomgen.report.claims.rule import Verdict, all_of, any_of
from geomgen.report.collect import RunTables
from geomgen.report.protocol import Protocol

AT_WIDTH = " at width "
SETTING = re.compile(r"\([^()]*, [^()]*\)")
ELSEWHERE = (
    "In place of a width that the protocol's runs do not have with two seeds, the nearest that they have; in place of "
    "a range of widths, all that they have."
)
"""How a rule is applied to runs of other widths."""
TEXTS = {
    "T1": "Geometric intuitions behind generalization",
    "T2": "The optimal set, and a posterior close to the prior",
    "T3": "Trainability, flat minima and volume",
    "T4": "Over-parameterised models as posterior samples",
    "T5": "Double descent and implicit regularisation",
}


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

    @property
    def words(self) -> str:
        """All of it in words."""
        return f"{self.why} The rule was: {self.before} Its verdict: {self.verdict}."


@dataclass(frozen=True)
class Answers:
    """What was found about a question that a text leaves open, in sentences.

    Attributes:
        holds: If its rule holds.
        fails: If not.
    """

    holds: str
    fails: str

    def to(self, verdict: Verdict) -> str:
        """Return the sentence for a verdict."""
        sentences = {Verdict.HOLDS: self.holds, Verdict.FAILS: self.fails, Verdict.UNDECIDED: "The runs leave it open."}
        return sentences.get(verdict, "No run measures it yet.")


@dataclass(frozen=True)
class Claim:
    """A claim or open question of a text.

    Attributes:
        id: ``T1.9``: the text, and the claim's number in it.
        says: The claim, in our words.
        parts: What it takes; a published value is of the first.
        report: Name of the report that shows more about it.
        published: The value in the text, with its unit.
        details: More on the rule, in sentences.
        revised: How the rule was changed after its number was seen.
        answers: To a question that the text leaves open or unchecked.
        one_of: What its cases are, if it says that something happens in some of them and one is enough: ``series``. Its
            parts then yield numbers of the same cases, in the same order.
    """

    id: str
    says: str
    parts: tuple[Part, ...]
    report: str = ""
    published: str = ""
    details: str = ""
    revised: Revised | None = None
    answers: Answers | None = None
    one_of: str = ""

    @property
    def text(self) -> str:
        """Title of the text that it comes from."""
        return TEXTS[self.id.partition(".")[0]]

    @property
    def rule(self) -> str:
        """When it holds and when it does not."""
        holds = ", and ".join(f"the {part.words} is {part.limits}" for part in self.parts)
        fails = "fails if not" if len(self.parts) == 1 else "fails if one of these is not so"
        if self.one_of:
            holds, fails = f"in one {self.one_of} or more {holds}", "fails if in none"
        inexact = not all(part.rule.is_exact for part in self.parts)
        level = "Decided at 95 % for all its numbers together (Holm)." if inexact else ""
        if self.one_of:
            level = f"Decided at 95 %: that one does, for all {self.one_of} together (Holm); that none does, for each."
        return " ".join(filter(None, [f"Holds if {holds}; {fails}.", level, self.details]))

    @property
    def commands(self) -> list[str]:
        """The commands that measure it."""
        return list(dict.fromkeys(command for part in self.parts for command in part.commands))

    def elsewhere(self, protocol: Protocol) -> "tuple[Claim, Claim] | None":
        """Return the claim in runs of another protocol, and in published runs of the same widths.

        Returns:
            None if it compares what the protocol sets, if the same runs measure both, or if a part of it is not about
            networks that can be trained so.
        """
        found = [_elsewhere(part, protocol) for part in self.parts]
        pairs = [pair for pair in found if pair]
        there, here = (self._of_parts(tuple(getattr(pair, side) for pair in pairs)) for side in ("there", "here"))
        return (there, here) if len(pairs) == len(found) and there.commands != here.commands else None

    def _of_parts(self, parts: tuple[Part, ...]) -> "Claim":
        """Return it of other parts, without what is known about published runs only."""
        details = " ".join(filter(None, [self.details, ELSEWHERE]))
        return replace(self, parts=parts, published="", revised=None, details=details)


def _elsewhere(part: Part, protocol: Protocol) -> Pair | None:
    try:
        return part.elsewhere(protocol) if part.elsewhere else None
    except UsageError:  # its architecture has no such option
        return None


@dataclass(frozen=True)
class Finding:
    """A number that says something about a part of a claim.

    Attributes:
        part: The part.
        words: What was measured.
        estimate: The number.
        verdict: Decided together with the claim's other numbers.
    """

    part: Part
    words: str
    estimate: Estimate
    verdict: Verdict = Verdict.UNDECIDED

    @property
    def width(self) -> str:
        """The width that it is of, as its words end; empty if it is of several or none."""
        return self.words.partition(AT_WIDTH)[2]

    @property
    def p_value(self) -> float:
        """Of what the number says."""
        return self.part.rule.p_value(self.estimate)

    def decided(self, *, sure: bool) -> "Finding":
        """Return it with what the number says if that is sure, otherwise undecided."""
        return replace(self, verdict=self.part.rule.side(self.estimate) if sure else Verdict.UNDECIDED)


@dataclass(frozen=True)
class Judgement:
    """What the runs say about a claim.

    Attributes:
        claim: The claim.
        findings: Of its parts.
        missing: Parts that were not measured, and why.
    """

    claim: Claim
    findings: tuple[Finding, ...]
    missing: tuple[tuple[Part, str], ...]

    @cached_property
    def verdict(self) -> Verdict:
        """By the claim's rule; a missing part leaves it undecided unless another fails, in every case."""
        if not self.findings:
            return Verdict.UNMEASURED
        return any_of(*(self._told_by(case) for case in cases_of(self.claim, self.findings)))

    def _told_by(self, case: Sequence[Finding]) -> Verdict:
        lacking = [Verdict.UNDECIDED] if self.missing else []
        return all_of(*(finding.verdict for finding in case), *lacking)

    @property
    def shown(self) -> Finding | None:
        """The number that stands for the claim.

        It is the first if a value of it was published, otherwise the first with the claim's verdict, or else the first.
        """
        of_published = [finding for finding in self.findings if self.claim.published and self._is_of_first(finding)]
        cases = cases_of(self.claim, self.findings)
        decisive = [case for case in cases if self._told_by(case) is self.verdict]
        alike = [finding for case in decisive for finding in case if finding.verdict is self.verdict]
        return next(iter([*of_published, *alike, *self.findings]), None)

    def _is_of_first(self, finding: Finding) -> bool:
        return finding.part is self.claim.parts[0]

    @property
    def published(self) -> str:
        """The published value of what is shown, if any."""
        return self.claim.published if not self.shown or self._is_of_first(self.shown) else ""

    @property
    def chance_of_error(self) -> float:
        """The largest probability of this verdict if it is wrong; 0 if no interval decided it.

        A number is found beyond a limit that it has not crossed in at most half of 1 - level; outside of two limits, on
        either side. Several numbers share that probability (Holm), and all of them have to agree for a claim to hold.
        """
        decided = self.verdict in {Verdict.HOLDS, Verdict.FAILS}
        if not decided or not any(finding.estimate.stderr for finding in self.findings):
            return 0.0
        on_both_sides = self.verdict is Verdict.FAILS and any(part.rule.is_range for part in self.claim.parts)
        return (1 - LEVEL) if on_both_sides else (1 - LEVEL) / 2

    @property
    def is_approximate(self) -> bool:
        """Whether an interval behind its verdict is approximate."""
        return any(found.estimate.approximate for found in self.findings if found.verdict is self.verdict)

    @property
    def answer(self) -> str:
        """What was found, in a sentence; empty of a claim that is no open question."""
        return self.claim.answers.to(self.verdict) if self.claim.answers else ""

    @property
    def evidence(self) -> str:
        """The numbers in words, and what is missing."""
        said = "; ".join(_without_repeats(self.findings))
        return " ".join(dict.fromkeys([*([f"{said}."] if said else []), *(why for _, why in self.missing)]))


def numbers(finding: Finding | None) -> dict[str, float]:
    """Return a number with the ends of its interval, which one without error does not have; null if there is none."""
    if finding is None:
        return dict.fromkeys(("value", "low", "high"), math.nan)
    estimate = finding.estimate
    low, high = estimate.interval() if estimate.stderr else (math.nan, math.nan)
    return {"value": estimate.value, "low": low, "high": high}


def _without_repeats(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield each number and what it is; of the same part as the last, or of its quantity, only what differs."""
    part, quantity, told = None, "", set[str]()
    for finding in findings:
        words = finding.words.removeprefix(f"{finding.part.words}, ") if finding.part is part else finding.words
        subject, at, width = words.partition(AT_WIDTH)
        said = f"at width {width}" if at and subject == quantity else SETTING.sub(partial(_told_once, told), words)
        yield f"{said}: {_counted(finding.estimate)}"
        part, quantity = finding.part, subject


def _told_once(told: set[str], setting: re.Match[str]) -> str:
    """Return a setting of several options in brackets, in short if it was told before."""
    found = "(same setting)" if setting[0] in told else setting[0]
    told.add(setting[0])
    return found


def _counted(estimate: Estimate) -> str:
    if estimate.is_known and not estimate.stderr:
        return f"{estimate}"
    approximate = f"; approximate: {estimate.approximate}" if estimate.approximate else ""
    return f"{estimate} (n = {estimate.count}{approximate})"


def cases_of(claim: Claim, findings: Sequence[Finding]) -> list[tuple[Finding, ...]]:
    """Return a claim's numbers by case; one case of a claim about all of them."""
    if not claim.one_of:
        return [tuple(findings)]
    by_part = [[finding for finding in findings if finding.part is part] for part in claim.parts]
    return list(zip(*filter(None, by_part), strict=True))


def _decided(claim: Claim, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the numbers with their verdicts, by Holm's procedure.

    Where one case is enough, the numbers of each case are decided together, and in a case that has all of them, only if
    that is sure among all cases. That no case has all is said only if each lacks one, which takes no correction.
    """
    cases = cases_of(claim, findings)
    largest = [max((finding.p_value for finding in case), default=1.0) for case in cases]
    sure_among_cases = holm([p_value if _has_all(case) else 1.0 for case, p_value in zip(cases, largest, strict=True)])
    for case, is_sure in zip(cases, sure_among_cases, strict=True):
        sure_in_case = holm([finding.p_value for finding in case])
        enough = is_sure or not claim.one_of or not _has_all(case)
        yield from (finding.decided(sure=sure and enough) for finding, sure in zip(case, sure_in_case, strict=True))


def _has_all(case: Sequence[Finding]) -> bool:
    return all(finding.part.rule.side(finding.estimate) is Verdict.HOLDS for finding in case)


def judged(claim: Claim, tables: RunTables) -> Judgement:
    """Return what the runs say about a claim: every part measured, and decided as its rule says.

    Args:
        claim: The claim.
        tables: Tables of the runs.
    """
    findings, missing = [], []
    for part in claim.parts:
        try:
            findings += [Finding(part, part.named(words), estimate) for words, estimate in part.find(tables)]
        except NoDataError as error:
            missing.append((part, error.problem))
    told = sorted(_decided(claim, findings), key=lambda finding: claim.parts.index(finding.part))
    return Judgement(claim, tuple(told), tuple(missing))
