"""Statistics of a number per width and seed: what a part of a claim is decided by."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.statistics import Line, contrast, crossing, line, mean, quotient, rank_correlation, reversal

Named = tuple[str, Estimate]
"""An estimate and what it is, as `phrase` takes it; empty if nothing distinguishes it from others."""
HINT = "Make such runs with the claim's commands."
FEWEST_WIDTHS = 3


@dataclass(frozen=True)
class Statistic:
    """A statistic of numbers per width and seed.

    Attributes:
        words: What it makes of a quantity, as `phrase` takes it.
        find: Yields estimates from numbers indexed by width and seed; NoDataError if a width that it needs is missing.
        unit: Its unit; None for the quantity's own.
        elsewhere: The same statistic of runs of other widths, which it gets; the statistic itself if not given.
    """

    words: str
    find: Callable[[pd.Series], Iterator[Named]]
    unit: str | None = None
    elsewhere: "Callable[[Sequence[int]], Statistic] | None" = None

    def near(self, widths: Sequence[int]) -> "Statistic":
        """Return it with other widths in place of those that it names: the nearest, or for a range the whole range.

        Args:
            widths: Widths that were measured, from small to large.

        Raises:
            NoDataError: If it needs more of them.
        """
        return self.elsewhere(widths) if self.elsewhere else self


def phrase(words: str, subject: str) -> str:
    """Return a phrase on a subject: in place of ``{}``, or before the words."""
    return words.format(subject) if "{}" in words else ", ".join(filter(None, [subject, words]))


def groups(values: pd.Series, widths: Sequence[int] = ()) -> dict[int, list[float]]:
    """Return the values of each width, over seeds.

    Args:
        values: Indexed by width and seed.
        widths: Those that are needed; all that were measured if not given.

    Raises:
        NoDataError: If one of them was not measured.
    """
    by_width = values.groupby(level="width")  # a float where other runs of the table have none
    found = {int(float(str(width))): group.tolist() for width, group in by_width}
    if missing := [str(width) for width in widths if width not in found]:
        raise NoDataError(f"Not measured yet at width {', '.join(missing)}.", HINT)
    return {width: found[width] for width in widths} if widths else found


def repeated_widths(values: pd.Series) -> list[int]:
    """Return the widths with at least two seeds, from small to large; all of them if there is none.

    Args:
        values: Indexed by width and seed.
    """
    found = groups(values)
    return sorted(width for width, sample in found.items() if len(sample) > 1) or sorted(found)


def _means(found: Mapping[int, list[float]]) -> Iterator[Named]:
    return ((f"{{}} at width {width}", mean(sample)) for width, sample in found.items())


def at_width(*widths: int) -> Statistic:
    """Return the mean over seeds at some widths."""
    words = f"{{}} at {'widths' if len(widths) > 1 else 'width'} {' and '.join(map(str, widths))}"
    return Statistic(
        words,
        lambda values: _means(groups(values, widths)),
        elsewhere=lambda measured: at_width(*dict.fromkeys(_nearest(width, measured) for width in widths)),
    )


def _nearest(width: float, measured: Sequence[int]) -> int:
    """Return the measured width with the smallest ratio to another."""
    return min(measured, key=lambda one: abs(math.log(one / width)))


def each_width(scale: str = "linear") -> Statistic:
    """Return the mean over seeds at each width with at least two of them.

    Args:
        scale: What the mean's interval is bounded by; see `Estimate`.
    """

    def find(values: pd.Series) -> Iterator[Named]:
        found = {width: sample for width, sample in groups(values).items() if len(sample) > 1}
        if not found:
            raise NoDataError("No width has been measured with two seeds.", HINT)
        return ((words, replace(estimate, scale=scale)) for words, estimate in _means(found))

    return Statistic("{} at each width with two seeds", find)


def over_seeds() -> Statistic:
    """Return the mean over seeds, of runs that have no width."""
    return Statistic("mean {} over seeds", lambda values: iter([("", mean(values))]))


def largest_width(least: int = 0) -> Statistic:
    """Return the mean over seeds at the largest width, if it is not below the least."""

    def find(values: pd.Series) -> Iterator[Named]:
        width, sample = max(groups(values).items())
        if width < least:
            raise NoDataError(f"Measured only up to width {width}, not yet at width {least} or more.", HINT)
        yield f"{{}} at width {width}, the largest measured", mean(sample)

    words = "{} at the largest width measured" + (f" ({least} or more)" if least else "")
    return Statistic(words, find, elsewhere=lambda _: largest_width())


def between(*ends: int) -> Statistic:
    """Return the mean at the second width minus that at the first: the smallest and the largest if not given."""
    words = "change of the {{}} from {}"

    def find(values: pd.Series) -> Iterator[Named]:
        found = groups(values, ends)
        first, second = ends or (min(found), max(found))
        if first == second:
            raise NoDataError(f"Measured at no other width than {first}.", HINT)
        yield words.format(f"width {first} to {second}"), contrast((found[first], found[second]), (-1, 1))

    named = f"width {ends[0]} to {ends[1]}" if ends else "the smallest to the largest width"
    return Statistic(words.format(named), find, elsewhere=lambda _: between())


def exponent(*ends: int) -> Statistic:
    """Return the slope of a line on log-log axes against width, from one width to another or over all."""
    words = f"exponent of the {{}} against width{_from(ends)}"

    def find(values: pd.Series) -> Iterator[Named]:
        found = _line(values, ends)
        yield words + _dropped(found), found.slope

    return Statistic(words, find, "", lambda _: exponent())


def per_doubling() -> Statistic:
    """Return the slope of a line against the logarithm of width to the base 2: the mean of those of each seed.

    What sets one seed apart at every width, such as its training set, does not widen the interval. Each seed has a line
    of its own through those widths that it shares with another seed, if they are three or more; others do not count.
    """
    words = "change of the {} per doubling of width, by seed"

    def find(values: pd.Series) -> Iterator[Named]:
        widths = repeated_widths(values)
        _require_widths(len(widths))
        shared = values[values.index.isin(widths, level="width")]
        seeds = [found for _, found in shared.groupby(level="seed") if len(found) >= FEWEST_WIDTHS]
        if not seeds:
            raise NoDataError(f"No seed has been measured at {FEWEST_WIDTHS} widths.", HINT)
        counts = [len(found) for found in seeds]
        each = " to ".join(dict.fromkeys([str(min(counts)), str(max(counts))]))
        yield f"{words}, over {each} widths each", mean(map(_slope_per_doubling, seeds))

    return Statistic(words, find)


def _slope_per_doubling(values: pd.Series) -> float:
    """Return the least-squares slope of one seed's values against the logarithm of width to the base 2."""
    logs = np.log2(values.index.get_level_values("width").to_numpy(float))
    return float(np.polyfit(logs, values.to_numpy(float), 1)[0])


def bend(*ends: int) -> Statistic:
    """Return the exponent over the upper half of the widths minus that over the lower half."""
    words = f"exponent of the {{}} over the upper half of the widths{_from(ends)} minus that over the lower half"

    def find(values: pd.Series) -> Iterator[Named]:
        found = _line(values, ends)
        fit = "" if np.isnan(found.lack_of_fit) else f", F-test of a straight line p = {found.lack_of_fit:.2g}"
        yield words + _dropped(found) + fit, found.bend

    return Statistic(words, find, "", lambda _: bend())


def _from(ends: Sequence[int]) -> str:
    return f" from {ends[0]} to {ends[1]}" if ends else ""


def _spanned(values: pd.Series, ends: Sequence[int]) -> dict[int, list[float]]:
    """Return the values of each width from one to another, both of which are needed."""
    groups(values, ends)
    return {width: found for width, found in groups(values).items() if not ends or ends[0] <= width <= ends[1]}


def _line(values: pd.Series, ends: Sequence[int]) -> Line:
    """Return the line through the logarithms, on a logarithmic axis of width.

    Raises:
        NoDataError: If one of the ends was not measured, fewer than three widths were, or a value is not positive.
    """
    found = _spanned(values, ends)
    _require_widths(len(found))
    if min(map(min, found.values())) <= 0:
        raise NoDataError("It is not positive in every run, so that it has no exponent.", HINT)
    return line(np.log(list(found)), [np.log(sample) for sample in found.values()])


def _require_widths(count: int) -> None:
    if count < FEWEST_WIDTHS:
        raise NoDataError(f"Fewer than {FEWEST_WIDTHS} widths have been measured.", HINT)


def _dropped(found: Line) -> str:
    plural = "s" if found.dropped > 1 else ""
    return f", {found.dropped} width{plural} of one seed left out" if found.dropped else ""


def gain(first: int, second: int, third: int) -> Statistic:
    """Return the gain from the second width to the third over that from the first to the second."""

    def find(values: pd.Series) -> Iterator[Named]:
        found = groups(values, (first, second, third))
        yield "", quotient(list(found.values()), (0, -1, 1), (-1, 1, 0))

    def elsewhere(measured: Sequence[int]) -> Statistic:
        _require_widths(len(measured))
        low, *inside, high = measured
        return gain(low, _nearest(high * second / third, inside), high)

    words = f"gain of the {{}} from width {second} to {third} over its gain from {first} to {second}"
    return Statistic(words, find, "", elsewhere)


def sign_change(*ends: int) -> Statistic:
    """Return the one width at which the mean changes sign, between neighbouring widths on a logarithmic axis.

    Whether it changes more than once is for `turn_back` to tell.
    """
    words = "width at which the {} changes sign"

    def find(values: pd.Series) -> Iterator[Named]:
        found = list(_spanned(values, ends).items())
        changes = [(one, two) for one, two in pairwise(found) if np.mean(one[1]) * np.mean(two[1]) <= 0]
        if len(changes) != 1:
            raise NoDataError(
                f"The sign changes {len(changes)} times between widths {found[0][0]} and {found[-1][0]}.", HINT
            )
        ((low, left), (high, right)) = changes[0]
        yield f"{words}, between {low} and {high}", crossing(low, high, left, right)

    return Statistic(words, find, "units", lambda _: sign_change())


def turn_back(*ends: int, rising: bool) -> Statistic:
    """Return how far the mean turns back across 0 at the widths with two seeds, if it does.

    Args:
        ends: Widths between which it is looked at; all if not given.
        rising: Whether it is to go from below 0 to above, so that it turns back if it is above 0 and later below.
    """
    sides = ("above 0 to below", 1) if rising else ("below 0 to above", -1)
    words = f"extent to which the {{}} turns back from {sides[0]} with width"

    def find(values: pd.Series) -> Iterator[Named]:
        found = {width: sample for width, sample in _spanned(values, ends).items() if len(sample) > 1}
        if len(found) < 2:
            raise NoDataError("Fewer than two widths have been measured with two seeds.", HINT)
        first, second, extent = reversal([sides[1] * np.array(sample) for sample in found.values()])
        widths = list(found)
        if extent.value > 0:
            yield f"{words}, {widths[first]} to {widths[second]}", extent

    return Statistic(f"{words} (if it does)", find, elsewhere=lambda _: turn_back(rising=rising))


def ranked() -> Statistic:
    """Return the rank correlation with width, over all runs."""

    def find(values: pd.Series) -> Iterator[Named]:
        widths = values.index.get_level_values("width").to_numpy(float)
        _require_widths(len(set(widths)))
        yield "", rank_correlation(widths, values.to_numpy(float))

    return Statistic("rank correlation of the {} with width", find, "")
