"""Rules: on which side of which limits an estimate has to be, and the verdicts that follow."""

import math
from dataclasses import dataclass
from enum import StrEnum

from geomgen.numerics.estimate import Estimate, significant


class Verdict(StrEnum):
    """What the runs say about a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    UNDECIDED = "undecided"
    UNMEASURED = "not yet measured"


def with_unit(number: str, unit: str) -> str:
    """Return a number with its unit, which is singular after 1: ``below 1 bit``, ``above 5 standard deviations``."""
    return f"{number} {unit.removesuffix('s') if number.rsplit(maxsplit=1)[-1] == '1' else unit}".rstrip()


@dataclass(frozen=True)
class Rule:
    """A range that a quantity has to be in; two limits are in it, a single one is not.

    Attributes:
        low: Lower limit.
        high: Upper limit.
    """

    low: float = -math.inf
    high: float = math.inf

    @property
    def is_exact(self) -> bool:
        """Whether it is an equality."""
        return self.low == self.high

    @property
    def is_range(self) -> bool:
        """Whether it has two limits."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def words(self) -> str:
        """The rule as it ends a sentence: ``above 5``."""
        if self.is_exact:
            return f"exactly {significant(self.low)}"
        if math.isinf(self.high):
            return f"above {significant(self.low)}"
        if math.isinf(self.low):
            return f"below {significant(self.high)}"
        return f"within {significant(self.low)} to {significant(self.high)}"

    def side(self, found: Estimate) -> Verdict:
        """Return what the value alone says, without its error."""
        return Verdict.HOLDS if self._has(found.value) else Verdict.FAILS

    def _has(self, value: float) -> bool:
        if self.is_range:
            return self.low <= value <= self.high
        return value > self.low if math.isinf(self.high) else value < self.high

    def p_value(self, found: Estimate) -> float:
        """Return the p-value of what the value says: the probability of it if the truth were at the limit.

        A value in the range has to be away from both limits, one outside from the limit that it has crossed. It is 1 if
        the error is unknown, 0 if the value is exact.
        """
        if not found.is_known or math.isnan(found.value):
            return 1.0
        if not found.stderr:
            return 0.0
        limits = [limit for limit in (self.low, self.high) if math.isfinite(limit)]
        if self.side(found) is Verdict.HOLDS:
            return max(found.p_value(limit) for limit in limits)
        return found.p_value(self.low if found.value <= self.low else self.high)


def above(limit: float) -> Rule:
    """Return the rule that a quantity is above a limit."""
    return Rule(low=limit)


def below(limit: float) -> Rule:
    """Return the rule that a quantity is below a limit."""
    return Rule(high=limit)


def within(low: float, high: float) -> Rule:
    """Return the rule that a quantity is inside limits."""
    return Rule(low, high)


def exactly(value: float) -> Rule:
    """Return the rule that a quantity, known without error, has a value."""
    return Rule(value, value)


def any_of(*verdicts: Verdict) -> Verdict:
    """Return the verdict on several cases of which one is enough: one that holds decides, otherwise all that fail."""
    if Verdict.HOLDS in verdicts:
        return Verdict.HOLDS
    return Verdict.FAILS if all(verdict is Verdict.FAILS for verdict in verdicts) else Verdict.UNDECIDED


def all_of(*verdicts: Verdict) -> Verdict:
    """Return the verdict on all parts together: one that fails decides, otherwise one that is undecided."""
    for decisive in (Verdict.FAILS, Verdict.UNDECIDED):
        if decisive in verdicts:
            return decisive
    return Verdict.HOLDS
