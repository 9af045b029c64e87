"""The area that two histograms share, against areas by hand."""

import pandas as pd
import pytest

from geomgen.report.histograms import overlap


def histogram(edges: list[float], densities: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"bin_low": edges[:-1], "bin_high": edges[1:], "density": densities})


def test_overlap_of_unlike_bins() -> None:
    one, two = histogram([0, 1, 2], [0.5, 0.5]), histogram([0, 0.5, 4], [1.3, 0.1])
    assert overlap(one, one) == pytest.approx(1)
    assert overlap(one, two) == overlap(two, one) == pytest.approx(0.5 * 0.5 + 1.5 * 0.1)
    assert overlap(one, histogram([5, 6], [1])) == 0
