"""Statistics of a number per width and seed: what a part of a claim is decided by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.statistics import Line, contrast, crossing, line, mean, quotient, rank_correlation

Named = tuple[str, Estimate]
"""An estimate and what it is, as `phrase` takes it; empty if nothing distinguishes it from others."""
HINT = "Make such runs with the claim's commands."
FEWEST_WIDTHS = 3


class Statistic(Protocol):
    """A statistic of numbers per width and seed."""

    @property
    def words(self) -> str:
        """What it makes of a quantity, as `phrase` takes it."""

    @property
    def unit(self) -> str | None:
        """Its unit; None for the quantity's own."""

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield estimates.

        Args:
            values: Indexed by width and seed.

        Raises:
            NoDataError: If a width that it needs was not measured.
        """


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
    found = {int(str(width)): group.tolist() for width, group in values.groupby(level="width")}
    if missing := [str(width) for width in widths if width not in found]:
        raise NoDataError(f"Not measured yet at width {', '.join(missing)}.", HINT)
    return {width: found[width] for width in widths} if widths else found


@dataclass(frozen=True)
class AtWidth:
    """The mean over seeds at some widths."""

    widths: tuple[int, ...]
    unit = None

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        return f"{{}} at {'widths' if len(self.widths) > 1 else 'width'} {' and '.join(map(str, self.widths))}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the mean at each of them."""
        for width, sample in groups(values, self.widths).items():
            yield at_width(width).words, mean(sample)


def at_width(*widths: int) -> AtWidth:
    """Return the statistic of the mean over seeds at some widths."""
    return AtWidth(widths)


@dataclass(frozen=True)
class EachWidth:
    """The mean over seeds at each width with at least two of them."""

    unit = None
    words = "{} at each width with two seeds"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the mean at each of them."""
        found = {width: sample for width, sample in groups(values).items() if len(sample) > 1}
        if not found:
            raise NoDataError("No width has been measured with two seeds.", HINT)
        for width, sample in found.items():
            yield at_width(width).words, mean(sample)


@dataclass(frozen=True)
class LargestWidth:
    """The mean over seeds at the largest width.

    Attributes:
        least: Widths below it do not count.
    """

    least: int = 0
    unit = None

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        return "{} at the largest width measured" + (f" ({self.least} or more)" if self.least else "")

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the mean there."""
        width, sample = max(groups(values).items())
        if width < self.least:
            raise NoDataError(f"Measured only up to width {width}, not yet at width {self.least} or more.", HINT)
        yield f"{at_width(width).words}, the largest measured", mean(sample)


@dataclass(frozen=True)
class Between:
    """The mean at the second width minus that at the first: of the smallest and the largest width if not given."""

    first: int = 0
    second: int = 0
    unit = None

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        ends = f"width {self.first} to {self.second}" if self.second else "the smallest to the largest width"
        return f"change of the {{}} from {ends}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the difference."""
        found = groups(values, (self.first, self.second) if self.second else ())
        ends = Between(self.first or min(found), self.second or max(found))
        if ends.first == ends.second:
            raise NoDataError(f"Measured at no other width than {ends.first}.", HINT)
        yield ends.words, contrast((found[ends.first], found[ends.second]), (-1, 1))


@dataclass(frozen=True)
class OverSeeds:
    """The mean over all runs."""

    unit = None
    words = "mean of the {} over seeds"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the mean."""
        yield "", mean(values.to_numpy())


@dataclass(frozen=True)
class Exponent:
    """The slope of a line on log-log axes against width.

    Attributes:
        ends: The first and last width, both needed; all widths if not given.
    """

    ends: tuple[int, ...] = ()
    unit = ""

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        return f"exponent of the {{}} against width{_from(self.ends)}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the slope."""
        found = _line(values, self.ends)
        yield self.words + _dropped(found), found.slope


@dataclass(frozen=True)
class Bend:
    """The exponent over the upper half of the widths minus that over the lower half.

    Attributes:
        ends: The first and last width, both needed; all widths if not given.
    """

    ends: tuple[int, ...] = ()
    unit = ""

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        upper = f"over the upper half of the widths{_from(self.ends)}"
        return f"exponent of the {{}} {upper} minus that over the lower half"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the difference, with the test of a straight line in words."""
        found = _line(values, self.ends)
        fit = "" if np.isnan(found.lack_of_fit) else f", F-test of a straight line p = {found.lack_of_fit:.2g}"
        yield self.words + _dropped(found) + fit, found.bend


def _from(ends: tuple[int, ...]) -> str:
    return f" from {ends[0]} to {ends[1]}" if ends else ""


def _spanned(values: pd.Series, ends: tuple[int, ...]) -> dict[int, list[float]]:
    """Return the values of each width from one to another, both of which are needed."""
    groups(values, ends)
    return {width: found for width, found in groups(values).items() if not ends or ends[0] <= width <= ends[1]}


def _line(values: pd.Series, ends: tuple[int, ...]) -> Line:
    """Return the line through the logarithms, on a logarithmic axis of width.

    Raises:
        NoDataError: If one of the ends was not measured, or fewer than three widths were.
    """
    found = _spanned(values, ends)
    _require_widths(len(found))
    return line(np.log(list(found)), [np.log(sample) for sample in found.values()])


def _require_widths(count: int) -> None:
    if count < FEWEST_WIDTHS:
        raise NoDataError(f"Fewer than {FEWEST_WIDTHS} widths have been measured.", HINT)


def _dropped(found: Line) -> str:
    plural = "s" if found.dropped > 1 else ""
    return f", {found.dropped} width{plural} of one seed left out" if found.dropped else ""


@dataclass(frozen=True)
class Gain:
    """The gain from the second width to the third over that from the first to the second."""

    first: int
    second: int
    third: int
    unit = ""

    @property
    def words(self) -> str:
        """What it makes of a quantity."""
        late, early = f"from width {self.second} to {self.third}", f"from {self.first} to {self.second}"
        return f"gain of the {{}} {late} over its gain {early}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the ratio."""
        found = groups(values, (self.first, self.second, self.third))
        yield "", quotient(list(found.values()), (0, -1, 1), (-1, 1, 0))


@dataclass(frozen=True)
class Crossing:
    """The one width at which the mean changes sign, between neighbouring widths on a logarithmic axis.

    Attributes:
        ends: The first and last width, both needed; all widths if not given.
    """

    ends: tuple[int, ...] = ()
    unit = "units"
    words = "width at which the {} changes sign"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the width."""
        found = _spanned(values, self.ends)
        widths, means = list(found), [float(np.mean(sample)) for sample in found.values()]
        changes = [index for index in range(len(means) - 1) if means[index] * means[index + 1] <= 0]
        if len(changes) != 1:
            raise NoDataError(
                f"The sign changes {len(changes)} times between widths {widths[0]} and {widths[-1]}.", HINT
            )
        first, second = widths[changes[0]], widths[changes[0] + 1]
        yield f"{self.words}, between {first} and {second}", crossing(first, second, found[first], found[second])


@dataclass(frozen=True)
class Ranked:
    """The rank correlation with width, over all runs."""

    unit = ""
    words = "rank correlation of the {} with width"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield the correlation."""
        widths = values.index.get_level_values("width").to_numpy(float)
        _require_widths(len(set(widths)))
        yield "", rank_correlation(widths, values.to_numpy(float))
