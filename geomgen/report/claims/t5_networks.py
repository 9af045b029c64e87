"""Judges of the claims on networks: double descent, effective model complexity, and the path of training."""

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report import emc
from geomgen.report.claims.claim import Judge, Measured, Tables, Verdict
from geomgen.report.claims.intervals import Interval, above, all_of, significant
from geomgen.report.claims.protocol import MADE_BY
from geomgen.report.double_descent_networks import TABLE, Series, noisy_runs, series_along
from geomgen.report.error_peaks import Peak, largest_rise

FEWEST_SEEDS = 2
UNITS = {"width": "width", "epoch": "epoch"}


def _series(tables: Tables, axis: str) -> list[Series]:
    """Return the series along an axis that have two or more seeds.

    Raises:
        NoDataError: If there is none.
    """
    rows, _ = noisy_runs(tables[TABLE])
    found = [series for series in series_along(rows, axis) if len(series.curves) >= FEWEST_SEEDS]
    if not found:
        raise NoDataError("No networks with label noise have been trained along this axis with two seeds.", MADE_BY)
    return found


def has_peak(axis: str) -> Judge:
    """Return a judge of double descent along width or epochs (T5.4, T5.5)."""

    def judge(tables: Tables) -> Measured:
        peaks = {series: series.peak for series in _series(tables, axis)}
        lowest = min(peaks.values(), key=lambda peak: peak.rise.value)
        evidence = "; ".join(_said(series, peak) for series, peak in peaks.items())
        verdict = all_of(*(peak.verdict for peak in peaks.values()))
        return Measured(verdict, f"{evidence}.", lowest.rise.value, lowest.rise.low, lowest.rise.high)

    return judge


def _said(series: Series, peak: Peak) -> str:
    return (
        f"{series.name}: from {UNITS[series.axis]} {peak.first:g} to {peak.peak:g} test error rises by {peak.rise}, "
        f"then to {peak.second:g} it falls by {peak.fall}"
    )


def peaks_at_threshold(tables: Tables) -> Measured:
    """Judge T5.3: parameters at the peak over training images, and over training images times classes."""
    peaks = {series: series.peak for series in _series(tables, "width")}
    clear = {series: peak for series, peak in peaks.items() if peak.verdict is Verdict.HOLDS}
    if not clear:
        return Measured(Verdict.UNDECIDED, "No peak along width is above noise.")
    found = {name: [_ratio(series, peak, name) for series, peak in clear.items()] for name in ("outputs", "images")}
    holds = any(all(ratio.low <= 1 <= ratio.high for ratio in ratios) for ratios in found.values())
    evidence = "; ".join(
        f"{series.name}: {significant(outputs.value)} parameters per output, {significant(images.value)} per image"
        for series, outputs, images in zip(clear, found["outputs"], found["images"], strict=True)
    )
    ratios = found["outputs"]
    value = float(np.exp(np.mean([np.log(ratio.value) for ratio in ratios])))
    ends = min(ratio.low for ratio in ratios), max(ratio.high for ratio in ratios)
    return Measured(Verdict.HOLDS if holds else Verdict.FAILS, f"At the peaks: {evidence}.", value, *ends)


def _ratio(series: Series, peak: Peak, what: str) -> Interval:
    """Return the parameters at a peak over images or outputs; its ends are one grid step beyond all seeds' peaks."""
    ratios = series.rows.groupby(series.axis)[f"parameters_over_{what}"].mean()
    below, beyond = ratios[ratios.index < peak.peak_low], ratios[ratios.index > peak.peak_high]
    return Interval(float(ratios[peak.peak]), float(below.iloc[-1]), float(beyond.iloc[0]), len(series.curves))


def more_data_hurts(tables: Tables) -> Measured:
    """Judge T5.6: rise of the test error with more training images."""
    series = max(_series(tables, "train_size"), key=lambda one: one.rows["run_id"].nunique())
    less, more, rise = largest_rise(series.curves)
    evidence = f"{series.name}, {len(series.curves)} seeds: from {less:g} to {more:g} training images."
    return Measured(above(rise), evidence, rise.value, rise.low, rise.high)


def complexity_grows(tables: Tables) -> Measured:
    """Judge T5.7: exponents of the effective model complexity against epochs and width."""
    rows: pd.DataFrame = emc.comparable(tables[emc.TABLE])[0]
    found = emc.exponents(rows)
    if not found:
        raise NoDataError("Too few complexities have been found over width and epochs.", MADE_BY)
    evidence = f"{found['epochs'].count} procedures; exponent against width {found['width']}."
    epochs = found["epochs"]
    return Measured(all_of(*map(above, found.values())), evidence, epochs.value, epochs.low, epochs.high)
