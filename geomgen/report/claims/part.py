"""Parts of claims: numbers that are measured, and the rule for them."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.rule import Rule, exactly, with_unit
from geomgen.report.claims.statistic import HINT, Named, Statistic, phrase
from geomgen.report.collect import RunTables
from geomgen.report.quantity import VALUE, Expression, Quantity

Find = Callable[[RunTables], Iterable[Named]]


@dataclass(frozen=True)
class Part:
    """A part of a claim.

    Attributes:
        words: What is measured.
        find: Yields the numbers, each with what distinguishes it; NoDataError if runs that it needs are missing.
        rule: What decides it.
        quantities: What it is measured by.
        commands: The commands that measure it.
        unit: Of the numbers.
        subject: What `phrase` says of each number; what is measured if not given.
    """

    words: str
    find: Find
    rule: Rule
    quantities: tuple[Quantity, ...]
    commands: tuple[str, ...]
    unit: str = ""
    subject: str = ""

    def named(self, words: str) -> str:
        """Return what a number is called."""
        return phrase(words, self.subject or self.words)

    @property
    def limits(self) -> str:
        """Its rule with its unit: ``above 5 standard deviations``."""
        return with_unit(self.rule.words, self.unit)


def measured(of: Expression, statistic: Statistic, rule: Rule) -> Part:
    """Return the part of a statistic of a selected quantity, or of a combination of several."""

    def find(tables: RunTables) -> Iterator[Named]:
        return ((words or statistic.words, estimate) for words, estimate in statistic.find(of.values(tables)))

    commands = [command for one in of.selections for command in one.quantity.commands(one.setting.flags)]
    making = ("geomgen train", "geomgen train --width WIDTH --seed SEED")
    return Part(
        phrase(statistic.words, of.words), find, rule,
        tuple(one.quantity for one in of.selections), tuple(command.replace(*making, 1) for command in commands),
        of.unit if statistic.unit is None else statistic.unit, of.words,
    )  # fmt: skip


def never_deviates(deviation: Quantity, counted: str, *commands: str) -> Part:
    """Return the part that a quantity's largest deviation from 0, in all runs of any setting, is exactly 0.

    Args:
        deviation: Null where it is not resolved.
        counted: What its values are counted as.
        commands: Commands that measure it.
    """

    def find(tables: RunTables) -> Iterator[Named]:
        values = deviation.of().of_all(tables)[VALUE].astype(float)
        known, unresolved = values.dropna().abs(), int(values.isna().sum())
        if known.empty:
            raise NoDataError(f"None of {unresolved} {counted} is resolved.", HINT)
        left_out = f" ({unresolved} more unresolved)" if unresolved else ""
        number = with_unit(str(len(known)), counted)
        yield f"{number}{left_out}", Estimate(float(known.max()), 0.0, math.inf, len(known))

    return Part(f"largest {deviation.title}", find, exactly(0), (deviation,), commands, deviation.unit)
