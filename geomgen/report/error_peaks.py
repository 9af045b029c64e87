"""Where curves of test error peak, in one curve and over several seeds, and how low the error is on either side."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.numerics.statistics import Estimate, cross_fitted
from geomgen.report.content import records

FEWEST_POINTS = 3
SMALLEST_HEIGHT = 0.01
"""Of a peak, as a test error: a change by less than one image in a hundred is none."""


class Landmarks(NamedTuple):
    """Positions in a curve: the lowest point before the peak, the peak, and the lowest point beyond."""

    first: int
    peak: int
    second: int


@dataclass(frozen=True)
class Peak:
    """The shape of a curve of test error, over several seeds.

    Attributes:
        first: Where the lowest error before the peak is, in the mean over seeds.
        peak: Where the peak is.
        second: Where the lowest error beyond is.
        peak_low: Smallest position of the peak with any one seed left out.
        peak_high: Largest.
        rise: Error at the peak minus that at the first minimum.
        fall: Error at the peak minus that at the second minimum.
        gain: Error at the second minimum minus that at the first.
    """

    first: float
    peak: float
    second: float
    peak_low: float
    peak_high: float
    rise: Estimate
    fall: Estimate
    gain: Estimate

    @property
    def is_clear(self) -> bool:
        """Whether the error rises to the peak and falls beyond it, both by more than a least height."""
        return min(self.rise.low, self.fall.low) > SMALLEST_HEIGHT


def landmarks(curve: NDArray[np.float64]) -> Landmarks:
    """Return the peak of largest prominence: the smaller of its heights above the lowest points on either side.

    Args:
        curve: ``(points,)``, at least three.

    Raises:
        ValueError: If there are fewer.
    """
    if len(curve) < FEWEST_POINTS:
        raise ValueError(f"a peak takes {FEWEST_POINTS} points, not {len(curve)}")
    before, after = np.minimum.accumulate(curve), np.minimum.accumulate(curve[::-1])[::-1]
    peak = 1 + int(np.argmax(curve[1:-1] - np.maximum(before[:-2], after[2:])))
    return Landmarks(int(np.argmin(curve[:peak])), peak, peak + 1 + int(np.argmin(curve[peak + 1 :])))


def find_peak(curves: pd.DataFrame) -> Peak:
    """Return the peak of several seeds' curves, with heights whose mean is 0 for noise without one.

    The most prominent peak of a noisy curve is always above its surroundings. So it is chosen in the mean of all other
    seeds, and its heights are measured on the one that was left out; the interval is over seeds.

    Args:
        curves: Test errors, one row per seed and one column per point, in order; nothing is missing.
    """
    places, values = curves.columns.to_numpy(float), curves.to_numpy(float)
    mean, chosen = _chosen(values)
    heights = np.array([
        (own[at.peak] - own[at.first], own[at.peak] - own[at.second], own[at.second] - own[at.first])
        for own, at in zip(values, chosen, strict=True)
    ])
    peaks = places[[at.peak for at in chosen]]
    rise, fall, gain = (cross_fitted(column) for column in heights.T)
    first, peak, second = (float(places[position]) for position in mean)
    return Peak(first, peak, second, float(peaks.min()), float(peaks.max()), rise, fall, gain)


def value_beside_peak(curves: pd.DataFrame, values: pd.DataFrame, steps: int) -> Estimate:
    """Return another value at a grid point beside the peak, which is chosen as in `find_peak`.

    Args:
        curves: As of `find_peak`.
        values: The other value of the same seeds at the same points.
        steps: How many points beyond the peak: -1, 0 or 1, since a peak is at neither end.
    """
    _, chosen = _chosen(curves.to_numpy(float))
    return cross_fitted([own[at.peak + steps] for own, at in zip(values.to_numpy(float), chosen, strict=True)])


def _chosen(values: NDArray[np.float64]) -> tuple[Landmarks, list[Landmarks]]:
    """Return the landmarks in the mean over seeds, and for each seed in the mean over all others, if there are any."""
    others = [np.delete(values, seed, 0) if len(values) > 1 else values for seed in range(len(values))]
    return landmarks(values.mean(0)), [landmarks(other.mean(0)) for other in others]


class DoubleDescent(NamedTuple):
    """Landmarks of a curve of test error against complexity.

    Attributes:
        first: Complexity of the lowest error before the peak; NaN if the peak is the first point.
        first_error: That error.
        peak: Complexity of the peak.
        peak_error: Its error.
        before: Complexity of the point before the peak; NaN if there is none.
        after: Complexity of the point after the peak.
        second: Complexity of the lowest error beyond the peak.
        second_error: That error.
    """

    first: float
    first_error: float
    peak: float
    peak_error: float
    before: float
    after: float
    second: float
    second_error: float

    @property
    def descends_further(self) -> bool:
        """Whether the second minimum is below the first."""
        return self.second_error < self.first_error

    def is_peak_at(self, threshold: float) -> bool:
        """Return whether a threshold is within one grid step of the peak."""
        low = -math.inf if math.isnan(self.before) else self.before
        high = math.inf if math.isnan(self.after) else self.after
        return low <= threshold <= high


def double_descent(curve: pd.DataFrame, complexity: str, error: str) -> DoubleDescent:
    """Return the landmarks of one curve; the peak is that of `landmarks`, or the largest error if none stands out.

    Args:
        curve: One row per point, at least one.
        complexity: Column of the complexity.
        error: Column of the error.
    """
    rows = curve[[complexity, error]].astype(float).sort_values(complexity).reset_index(drop=True)
    top = _peak(rows[error].to_numpy())
    before, after = rows[:top], rows[top + 1 :]
    first, second = (_lowest(part, complexity, error) for part in (before, after))
    return DoubleDescent(
        first=first[0],
        first_error=first[1],
        peak=float(rows[complexity].iloc[top]),
        peak_error=float(rows[error].iloc[top]),
        before=float(before[complexity].iloc[-1]) if len(before) else math.nan,
        after=float(after[complexity].iloc[0]) if len(after) else math.nan,
        second=second[0],
        second_error=second[1],
    )


def _lowest(rows: pd.DataFrame, complexity: str, error: str) -> tuple[float, float]:
    if rows.empty:
        return math.nan, math.nan
    row = records(rows.nsmallest(1, error))[0]
    return float(row[complexity]), float(row[error])


def _peak(curve: NDArray[np.float64]) -> int:
    """Return where a curve peaks: inside, if a point there stands out above both sides, otherwise at its higher end."""
    if len(curve) >= FEWEST_POINTS:
        at = landmarks(curve)
        if curve[at.peak] > max(curve[at.first], curve[at.second]):
            return at.peak
    return int(curve.argmax())
