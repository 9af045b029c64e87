"""Effective model complexity: the largest training set that a training procedure fits, as defined."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.stats import t

LEVEL = 0.95
FOUND, AT_LEAST, BELOW = "found", "at-least", "below"

Curve = Mapping[int, Sequence[float]]
"""Training errors of each draw, by number of samples."""


@dataclass(frozen=True)
class Complexity:
    """The result of a search.

    Attributes:
        curve: Errors at every n that was tried.
        value: Largest n that is fitted; the largest tried if that is fitted, 0 if none is.
        low: Lower end of its 95 % interval; None unless found.
        high: Upper end; None unless found.
        outcome: found, at-least or below.
        bracket: Largest n tried that is fitted, and smallest above it; None where there is none.
    """

    curve: Curve
    value: int
    low: float | None
    high: float | None
    outcome: str
    bracket: tuple[int | None, int | None]


def effective_complexity(
    errors: Callable[[int], Sequence[float]], threshold: float, smallest: int, largest: int, resolution: float
) -> Complexity:
    """Return the largest n at which the mean training error over draws is at most a threshold, by bisection.

    EMC = max {n | E_S[error on S of the procedure trained on S] <= epsilon}, S of n samples. From the largest downwards
    n is halved until it is fitted, since with few samples some procedures take too few steps to fit them; then the gap
    is bisected. Between the last two, the mean error is interpolated linearly. The interval is from the jackknife
    over draws, which are the same at all n.

    Args:
        errors: Training errors at n, one per draw, always from the same draws; at least two.
        threshold: epsilon.
        smallest: Smallest n to try.
        largest: Largest n to try.
        resolution: Bisection ends when the gap is at most this fraction of n, or 1.

    Source:
        Nakkiran et al. (2019), Deep Double Descent, definition 1.
    """
    curve: dict[int, Sequence[float]] = {}
    low = largest
    while not _fits(curve, errors, low, threshold) and low > smallest:
        low = max(smallest, low // 2)
    if fmean(curve[low]) > threshold:
        return Complexity(curve, 0, None, None, BELOW, (None, low))
    if low == largest:
        return Complexity(curve, largest, None, None, AT_LEAST, (largest, None))
    high = min(n for n in curve if n > low)
    while high - low > max(1, resolution * low):
        middle = (low + high) // 2
        low, high = (middle, high) if _fits(curve, errors, middle, threshold) else (low, middle)
    value, (lower, upper) = crossing(_means(curve), threshold), _interval(curve, threshold)
    return Complexity(curve, math.floor(value), max(lower, 0.0), upper, FOUND, (low, high))


def _fits(curve: dict[int, Sequence[float]], errors: Callable[[int], Sequence[float]], n: int, limit: float) -> bool:
    curve[n] = errors(n)
    return fmean(curve[n]) <= limit


def _means(curve: Curve) -> dict[int, float]:
    return {n: fmean(curve[n]) for n in curve}


def crossing(means: Mapping[int, float], threshold: float) -> float:
    """Return where a curve of mean errors last crosses a threshold from below, by linear interpolation.

    The largest n if it is not above the threshold there; the smallest if it is above everywhere.
    """
    points = sorted(means.items(), reverse=True)
    for (above, error_above), (below, error_below) in itertools.pairwise(points):
        if error_above <= threshold:
            return float(above)
        if error_below <= threshold:
            return below + (above - below) * (threshold - error_below) / (error_above - error_below)
    return float(points[-1][0])


def _interval(curve: Curve, threshold: float) -> tuple[float, float]:
    """Return the 95 % t interval of the crossing, from the jackknife's pseudo-values over draws."""
    count = len(next(iter(curve.values())))
    whole = crossing(_means(curve), threshold)
    parts = [
        crossing({n: fmean([*errors[:out], *errors[out + 1 :]]) for n, errors in curve.items()}, threshold)
        for out in range(count)
    ]
    pseudo = [count * whole - (count - 1) * part for part in parts]
    half = float(t.ppf((1 + LEVEL) / 2, count - 1)) * stdev(pseudo) / math.sqrt(count)
    return whole - half, whole + half
