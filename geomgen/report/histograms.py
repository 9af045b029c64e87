"""Histograms as functions: how much two overlap, and coarser ones for a page."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]


def overlap(left: pd.DataFrame, right: pd.DataFrame) -> float:
    """Return the area that two densities share, between 0 and 1, each constant within its bins.

    Args:
        left: Columns ``bin_low, bin_high, density``; bins that do not overlap.
        right: The same, with any bins.
    """
    edges = np.unique(np.concatenate([side[name] for side in (left, right) for name in ("bin_low", "bin_high")]))
    middles, widths = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    return float((np.minimum(_density(left, middles), _density(right, middles)) * widths).sum())


def _density(histogram: pd.DataFrame, points: Floats) -> Floats:
    """Return the density at points, 0 outside all bins."""
    bins = histogram.sort_values("bin_low")
    lows, highs, densities = (bins[name].to_numpy(float) for name in ("bin_low", "bin_high", "density"))
    index = np.searchsorted(lows, points, side="right") - 1
    inside = (index >= 0) & (points < highs[index])
    return np.where(inside, densities[index], 0.0)
