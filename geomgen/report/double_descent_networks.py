"""Part of report ``double-descent``: networks trained on noisy labels, against width, training images and epochs."""

from typing import Any

import numpy as np
import pandas as pd

from geomgen.report.averages import averaged
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.curves import Axis, Panel, curves
from geomgen.report.layout import laid_out, listed_table
from geomgen.report.quantities.noisy_labels import AXES, RATIOS, TABLE, Series, noisy, series_along
from geomgen.report.report import Source

SOURCE = Source(TABLE, "Make runs with: geomgen sweep quick/double-descent-width")
NAME, PEAKS = "double-descent-networks", "double-descent-networks-peaks"
QUESTION = "Does the test error of networks trained on noisy labels fall, rise and fall again?"
PEAK_QUESTION = "Where does the test error peak, and does the peak stand above the noise over seeds on both sides?"
SPECS = dict.fromkeys(RATIOS, ".2f")
ERRORS = {"test_error": ".4f", "train_error": ".4f"}
CLAIMS = {"width": "T5.4", "train_size": "T5.6", "epoch": "T5.5"}
"""The claims about the test error along each axis."""
HEIGHTS = ("rise", "fall", "gain")
PANELS = (Panel("test_error", "Test error (fraction)"), Panel("train_error", "Training error (fraction)"))


def part(collected: Collected) -> MadeReport:
    """Return tables and figures of trainings with label noise; without tables if there are too few.

    Args:
        collected: Rows of ``training``, the latest of each seed.
    """
    rows = noisy(collected.frame)
    found = [series for axis in AXES for series in series_along(rows, axis)]
    if not found:
        return MadeReport((), notes=collected.notes)
    points = pd.concat([_points(series) for series in found], ignore_index=True)
    title = "Errors of networks trained on noisy labels"
    table = listed_table(NAME, title, QUESTION, points, {**SPECS, **ERRORS, "threshold": ".4g"})
    figures = [_figure(axis, part) for axis, part in points.groupby("axis", sort=False)]
    return MadeReport((_peaks(found), table), tuple(figures), collected.notes)


def _points(series: Series) -> pd.DataFrame:
    """Return means over seeds at all points, and where parameters equal training images times classes."""
    means = averaged(series.rows, [series.axis], [*RATIOS, *ERRORS])
    points = means.assign(
        axis=series.axis,
        series=series.name,
        place=means[series.axis].astype(int),
        threshold=_threshold(means, series.axis),
    )
    spreads = [f"{name}_std" for name in ERRORS]
    return points[["axis", "series", "place", *RATIOS, *ERRORS, *spreads, "seeds", "threshold"]]


def _threshold(means: pd.DataFrame, axis: str) -> float:
    """Return the place on the axis where parameters over outputs is 1, between points on a log scale; else NaN."""
    ordered = means.sort_values("parameters_over_outputs")
    ratios, places = (np.log(ordered[name].to_numpy(float)) for name in ("parameters_over_outputs", axis))
    return float(np.exp(np.interp(0, ratios, places, np.nan, np.nan)))


def _figure(axis: object, points: pd.DataFrame) -> MadeFigure:
    marked = ("threshold", "as many parameters as images x classes") if points["threshold"].notna().any() else ()
    places = Axis("place", AXES[str(axis)], "log", *marked)
    return curves(f"{NAME}-{str(axis).replace('_', '-')}", QUESTION, points, places, PANELS)


def _peaks(found: list[Series]) -> MadeTable:
    frame = pd.DataFrame([_peak_row(series) for series in found])
    shown = pd.DataFrame([{height: str(getattr(series.peak, height)) for height in HEIGHTS} for series in found])
    ends = [f"{height}_{end}" for height in HEIGHTS for end in ("low", "high")]
    layout = laid_out(frame.drop(columns=["peak_low", "peak_high", *ends]).assign(**shown), SPECS)
    return MadeTable("Peaks of the networks' test error", frame, layout, PEAKS, PEAK_QUESTION)


def _peak_row(series: Series) -> dict[str, Any]:
    peak = series.peak
    at_peak = series.rows[series.rows[series.axis] == peak.peak].iloc[0]
    heights = {height: getattr(peak, height) for height in HEIGHTS}
    return {
        "axis": series.axis,
        "series": series.name,
        "first_minimum": peak.first,
        "peak": peak.peak,
        "peak_low": peak.peak_low,
        "peak_high": peak.peak_high,
        "second_minimum": peak.second,
        **{name: at_peak[name] for name in RATIOS},
        **{
            f"{height}{end}": value
            for height, found in heights.items()
            for end, value in (("", found.value), ("_low", found.low), ("_high", found.high))
        },
        "seeds": len(series.curves),
        "claim": CLAIMS[series.axis],
    }
