"""Parts of claims: numbers that are measured, and the rule for them."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.rule import Rule, exactly, with_unit
from geomgen.report.collect import RunTables
from geomgen.report.protocol import Protocol
from geomgen.report.quantity import VALUE, Expression, Quantity
from geomgen.report.statistic import HINT, Named, Statistic, phrase, repeated_widths

Find = Callable[[RunTables], Iterable[Named]]
InProtocol = Callable[[Protocol], "Pair | None"]


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
        elsewhere: Returns the same of another protocol; None if it compares what the protocol sets. Not given if it is
            not about networks of a protocol.
    """

    words: str
    find: Find
    rule: Rule
    quantities: tuple[Quantity, ...]
    commands: tuple[str, ...]
    unit: str = ""
    subject: str = ""
    elsewhere: InProtocol | None = None

    def named(self, words: str) -> str:
        """Return what a number is called."""
        return phrase(words, self.subject or self.words)

    @property
    def limits(self) -> str:
        """Its rule with its unit: ``above 5 standard deviations``."""
        return with_unit(self.rule.words, self.unit)


@dataclass(frozen=True)
class Pair:
    """A part of another protocol, and what it is compared with.

    Attributes:
        there: The part in runs of the protocol.
        here: The part in published runs of the same widths.
    """

    there: Part
    here: Part


def measured(of: Expression, statistic: Statistic, rule: Rule) -> Part:
    """Return the part of a statistic of a selected quantity, or of a combination of several."""

    def find(tables: RunTables) -> Iterator[Named]:
        return _named(statistic, of.values(tables))

    def elsewhere(protocol: Protocol) -> Pair | None:
        if of.compared & protocol.options.keys():
            return None
        there = of.under(protocol)
        return Pair(*(_part(one, statistic, rule, _at_widths_of(there, one, statistic)) for one in (there, of)))

    return _part(of, statistic, rule, find, elsewhere)


def _named(statistic: Statistic, values: pd.Series) -> Iterator[Named]:
    return ((words or statistic.words, estimate) for words, estimate in statistic.find(values))


def _at_widths_of(there: Expression, of: Expression, statistic: Statistic) -> Find:
    """Return what finds a statistic at those widths only at which another expression has two seeds."""

    def find(tables: RunTables) -> Iterator[Named]:
        values, widths = of.values(tables), repeated_widths(there.values(tables))
        kept = values[values.index.isin(widths, level="width")]
        if kept.empty:
            raise NoDataError(f"The {of.words} has not been measured at width {', '.join(map(str, widths))}.", HINT)
        return _named(statistic.near(widths), kept)

    return find


def _part(of: Expression, statistic: Statistic, rule: Rule, find: Find, elsewhere: InProtocol | None = None) -> Part:
    commands = [command for one in of.selections for command in one.quantity.commands(one.setting.flags)]
    making = ("geomgen train", "geomgen train --width WIDTH --seed SEED")
    return Part(
        phrase(statistic.words, of.words), find, rule,
        tuple(one.quantity for one in of.selections), tuple(command.replace(*making, 1) for command in commands),
        of.unit if statistic.unit is None else statistic.unit, of.words, elsewhere,
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
