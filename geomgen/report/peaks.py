"""A peak of test error between two minima, told from noise by choosing it on some seeds and measuring it on another."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.report.claims.claim import Verdict
from geomgen.report.claims.intervals import Interval, above, all_of, mean_interval

FEWEST_POINTS = 3


class Landmarks(NamedTuple):
    """Positions in a curve: the lowest point before the peak, the peak, and the lowest point beyond."""

    first: int
    peak: int
    second: int


@dataclass(frozen=True)
class Peak:
    """What a curve of test error does, over several seeds.

    Attributes:
        first: Where the lowest error before the peak is, in the mean over seeds.
        peak: Where the peak is.
        second: Where the lowest error beyond is.
        peak_low: Smallest place of the peak with any one seed left out.
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
    rise: Interval
    fall: Interval
    gain: Interval

    @property
    def verdict(self) -> Verdict:
        """Whether error rises to the peak and falls beyond it, both beyond noise."""
        return all_of(above(self.rise), above(self.fall))


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
    """Return the peak of several seeds' curves, with heights that are fair to curves without one.

    The most prominent peak of a noisy curve is always above its surroundings. So it is chosen in the mean of all other
    seeds, and its heights are taken on the one that was left out; the interval is over seeds.

    Args:
        curves: Test errors, a row a seed and a column a point, in order; nothing is missing.
    """
    places, values = curves.columns.to_numpy(float), curves.to_numpy(float)
    mean = landmarks(values.mean(0))
    others = [np.delete(values, seed, 0) if len(values) > 1 else values for seed in range(len(values))]
    chosen = [landmarks(other.mean(0)) for other in others]
    heights = np.array([
        (own[at.peak] - own[at.first], own[at.peak] - own[at.second], own[at.second] - own[at.first])
        for own, at in zip(values, chosen, strict=True)
    ])
    peaks = places[[at.peak for at in chosen]]
    rise, fall, gain = (mean_interval(column) for column in heights.T)
    first, peak, second = (float(places[position]) for position in mean)
    return Peak(first, peak, second, float(peaks.min()), float(peaks.max()), rise, fall, gain)


def largest_rise(curves: pd.DataFrame) -> tuple[float, float, Interval]:
    """Return from which point to which later one error rises most, and by how much, chosen as in `find_peak`.

    Args:
        curves: As of `find_peak`.
    """
    places, values = curves.columns.to_numpy(float), curves.to_numpy(float)
    others = [np.delete(values, seed, 0) if len(values) > 1 else values for seed in range(len(values))]
    chosen = [_steepest(other.mean(0)) for other in others]
    rises = [own[high] - own[low] for own, (low, high) in zip(values, chosen, strict=True)]
    low, high = _steepest(values.mean(0))
    return float(places[low]), float(places[high]), mean_interval(rises)


def _steepest(curve: NDArray[np.float64]) -> tuple[int, int]:
    rises = np.triu(curve[None, :] - curve[:, None], 1) + np.tril(np.full((len(curve),) * 2, -np.inf))
    low, high = np.unravel_index(int(rises.argmax()), rises.shape)
    return int(low), int(high)
