"""Where a curve of test error peaks, and how the lowest error before the peak compares with that beyond."""

import math
from typing import NamedTuple

import pandas as pd

from geomgen.report.content import records


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
    """Return the landmarks of a curve; the peak is its largest error.

    Args:
        curve: One row a point, at least one.
        complexity: Column of the complexity.
        error: Column of the error.
    """
    rows = curve[[complexity, error]].astype(float).sort_values(complexity).reset_index(drop=True)
    top = int(rows[error].to_numpy().argmax())
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
