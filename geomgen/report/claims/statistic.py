"""Statistics of a number per width and seed: what a part of a claim is decided by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.statistics import contrast, crossing, line, mean, quotient, rank_correlation

Named = tuple[str, Estimate]
HINT = "Make such runs with the claim's commands."
FEWEST_WIDTHS = 3


class Statistic(Protocol):
    """A statistic of numbers per width and seed, with its name at the end of the quantity's."""

    @property
    def words(self) -> str:
        """What it makes of the quantity, in words."""

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        """Yield estimates, each with what distinguishes it from the others.

        Args:
            values: Indexed by width and seed.

        Raises:
            NoDataError: If a width that it needs was not measured.
        """


def groups(values: pd.Series, widths: Sequence[int] = ()) -> dict[int, list[float]]:
    """Return the values of each width, over seeds.

    Args:
        values: Indexed by width and seed.
        widths: Those that are needed; all that were measured if not given.

    Raises:
        NoDataError: If one of them was not measured.
    """
    found = {int(width): group.tolist() for width, group in values.groupby(level="width")}
    if missing := [str(width) for width in widths if width not in found]:
        raise NoDataError(f"Not measured yet at width {', '.join(missing)}.", HINT)
    return {width: found[width] for width in widths} if widths else found


@dataclass(frozen=True)
class AtWidth:
    """The mean over seeds at some widths."""

    widths: tuple[int, ...]

    @property
    def words(self) -> str:
        return f"at width {' and '.join(map(str, self.widths))}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        for width, sample in groups(values, self.widths).items():
            yield (f"at width {width}" if len(self.widths) > 1 else ""), mean(sample)


def at_width(*widths: int) -> AtWidth:
    """Return the statistic of the mean over seeds at some widths."""
    return AtWidth(widths)


@dataclass(frozen=True)
class EachWidth:
    """The mean over seeds at each width with at least two of them."""

    words = "at each width with two seeds"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        found = {width: sample for width, sample in groups(values).items() if len(sample) > 1}
        if not found:
            raise NoDataError("No width has been measured with two seeds.", HINT)
        for width, sample in found.items():
            yield f"at width {width}", mean(sample)


@dataclass(frozen=True)
class LargestWidth:
    """The mean over seeds at the largest width.

    Attributes:
        least: Widths below it do not count.
    """

    least: int = 0

    @property
    def words(self) -> str:
        return "at the largest width measured" + (f", {self.least} or more" if self.least else "")

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        width, sample = max(groups(values).items())
        if width < self.least:
            raise NoDataError(f"Measured only up to width {width}, not yet at width {self.least} or more.", HINT)
        yield f"{width}", mean(sample)


@dataclass(frozen=True)
class Between:
    """The mean at the second width minus that at the first."""

    first: int
    second: int

    @property
    def words(self) -> str:
        return f"change from width {self.first} to {self.second}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        yield "", contrast(list(groups(values, (self.first, self.second)).values()), (-1, 1))


@dataclass(frozen=True)
class OverSeeds:
    """The mean over all runs."""

    words = "mean over seeds"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        yield "", mean(values.to_numpy())


@dataclass(frozen=True)
class Exponent:
    """The slope of a line on log-log axes against width."""

    words = "exponent against width"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        yield "", _line(values).slope


@dataclass(frozen=True)
class Bend:
    """The exponent over the upper half of the widths minus that over the lower half."""

    words = "exponent over the upper half of the widths minus that over the lower"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        yield "", _line(values).bend


def _line(values: pd.Series) -> "line":  # type: ignore[valid-type]
    found = groups(values)
    if len(found) < FEWEST_WIDTHS:
        raise NoDataError(f"Fewer than {FEWEST_WIDTHS} widths have been measured.", HINT)
    return line(np.log(list(found)), [np.log(sample) for sample in found.values()])


@dataclass(frozen=True)
class Gain:
    """The gain from the second width to the third over that from the first to the second."""

    first: int
    second: int
    third: int

    @property
    def words(self) -> str:
        return f"gain from width {self.second} to {self.third} over gain from {self.first} to {self.second}"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        found = groups(values, (self.first, self.second, self.third))
        yield "", quotient(list(found.values()), (0, -1, 1), (-1, 1, 0))


@dataclass(frozen=True)
class Crossing:
    """The one width at which the mean changes sign, between neighbouring widths on a logarithmic axis."""

    words = "width at which it changes sign"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        found = groups(values)
        widths, means = list(found), [float(np.mean(sample)) for sample in found.values()]
        changes = [index for index in range(len(means) - 1) if means[index] * means[index + 1] <= 0]
        if len(changes) != 1:
            raise NoDataError(f"The sign changes {len(changes)} times between widths {widths[0]} and {widths[-1]}.", HINT)
        first, second = widths[changes[0]], widths[changes[0] + 1]
        yield f"between {first} and {second}", crossing(first, second, found[first], found[second])


@dataclass(frozen=True)
class Ranked:
    """The rank correlation with width, over all runs."""

    words = "rank correlation with width"

    def __call__(self, values: pd.Series) -> Iterator[Named]:
        widths = values.index.get_level_values("width").to_numpy(float)
        yield "", rank_correlation(widths, values.to_numpy(float))
