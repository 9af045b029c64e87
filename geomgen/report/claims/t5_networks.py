"""Numbers of the fifth text's claims on networks: peaks on noisy labels, effective complexity, and E_corr."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from geomgen.config.base import Config, bearing_options
from geomgen.config.emc import EmcConfig
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate, significant
from geomgen.numerics.statistics import mean
from geomgen.report.claims.part import Find
from geomgen.report.claims.t5_regression import fraction
from geomgen.report.collect import RunTables
from geomgen.report.error_peaks import Peak
from geomgen.report.quantities.emc import EMC, comparable, exponents
from geomgen.report.quantities.flow import FLOW_ERROR, local_orders
from geomgen.report.quantities.implicit_regularization import at_equal_loss, ranked
from geomgen.report.quantities.noisy_labels import RATIOS, Series, all_series
from geomgen.report.setting import Setting
from geomgen.report.statistic import HINT, Named

FindIn = Callable[[RunTables, Setting], Iterator[Named]]
"""Finds numbers of the networks of a setting."""
FEWEST_SEEDS = 2
FITTED_BELOW = 0.01
"""Training error below which a network fits its images, as of effective model complexity."""
FEWER = 4
"""How many times fewer images the rise up to the threshold begins with."""


def _free(config: type[Config]) -> tuple[str, ...]:
    """Return the options that networks of a published experiment may differ in: all but data and normalisation."""
    return tuple(name for name in bearing_options(config) if name not in {"data", "layer_norm"})


NOISY = Setting(TrainConfig(), _free(TrainConfig))
"""Networks on noisy labels, in the experiments that the text's claims are published for."""
FITTED = Setting(EmcConfig(), _free(EmcConfig))
"""Procedures whose effective model complexity is measured, likewise."""


def _series(tables: RunTables, axis: str, setting: Setting) -> list[Series]:
    """Return the series along an axis that have two or more seeds.

    Raises:
        NoDataError: If there is none.
    """
    found = [series for series in all_series(tables, axis, setting) if len(series.curves) >= FEWEST_SEEDS]
    if not found:
        raise NoDataError("No networks with label noise have been trained along this axis with two seeds.", HINT)
    return found


def heights(axis: str, height: str) -> FindIn:
    """Return what finds how far the test error rises to its peak, or falls beyond it, in each series along an axis.

    Args:
        axis: width or epoch.
        height: rise or fall.
    """

    def find(tables: RunTables, setting: Setting) -> Iterator[Named]:
        for series in _series(tables, axis, setting):
            peak = series.peak
            ends = (peak.first, peak.peak) if height == "rise" else (peak.peak, peak.second)
            yield f"{series.name}, {axis} {ends[0]:g} to {ends[1]:g}", getattr(peak, height)

    return find


def are_at_threshold(tables: RunTables, setting: Setting) -> Iterator[Named]:
    """Yield the fraction of clear peaks along width where parameters equal images, or else images times classes.

    That of the two counts which fits more peaks, so that all are judged by the same.
    """
    clear = _clear_peaks(tables, setting)
    if not clear:
        yield _no_peak(tables, setting)
        return
    found = {ratio: [_ratios(series, peak, ratio) for series, peak in clear] for ratio in RATIOS}
    fits = {ratio: [low <= 1 <= high for low, _, high in ends] for ratio, ends in found.items()}
    ratio = max(fits, key=lambda name: sum(fits[name]))
    words = [_said(series, ends, ratio) for (series, _), ends in zip(clear, found[ratio], strict=True)]
    yield "; ".join(words), fraction(fits[ratio])


def errors_beside_peak(steps: int) -> FindIn:
    """Return what finds the training error some grid steps beyond each clear peak along width."""

    def find(tables: RunTables, setting: Setting) -> Iterator[Named]:
        clear = _clear_peaks(tables, setting)
        found = [
            (f"{series.name}, peak at width {peak.peak:g}", series.train_error_beside_peak(steps))
            for series, peak in clear
        ]
        yield from found or [_no_peak(tables, setting)]

    return find


def _clear_peaks(tables: RunTables, setting: Setting) -> list[tuple[Series, Peak]]:
    peaks = ((series, series.peak) for series in _series(tables, "width", setting))
    return [(series, peak) for series, peak in peaks if peak.is_clear]


def _no_peak(tables: RunTables, setting: Setting) -> Named:
    tried = len(_series(tables, "width", setting))
    return "no peak along width is above noise", Estimate(math.nan, math.nan, 0, tried)


def _ratios(series: Series, peak: Peak, ratio: str) -> tuple[float, float, float]:
    """Return a ratio at the peak, and at one grid step below and beyond the peaks of all seeds."""
    means = series.rows.groupby(series.axis)[ratio].mean()
    below, beyond = means[means.index < peak.peak_low], means[means.index > peak.peak_high]
    return float(below.iloc[-1]), float(means[peak.peak]), float(beyond.iloc[0])


def _said(series: Series, ends: tuple[float, float, float], ratio: str) -> str:
    low, at, high = map(significant, ends)
    unit = ratio.removeprefix("parameters_over_").removesuffix("s")
    return f"{series.name}: {at} parameters per {unit}, {low} to {high} within one grid step"


def more_data_hurts(tables: RunTables, setting: Setting) -> Iterator[Named]:
    """Yield the rise of the test error up to the threshold, from a fraction of its images, in each series."""
    rises = [(series, _up_to_threshold(series)) for series in _series(tables, "train_size", setting)]
    found = [
        (f"{series.name}, {less:g} to {more:g} images", mean(series.curves[more] - series.curves[less]))
        for series, sizes in rises
        if sizes
        for less, more in [sizes]
    ]
    if not found:
        raise NoDataError("No networks fit their smaller training sets and fail to fit their larger ones.", HINT)
    yield from found


def _up_to_threshold(series: Series) -> tuple[float, float] | None:
    """Return the smallest number of images that is not fitted, and that nearest to a fraction of it; None if none is.

    The training error decides, so that the test errors there have no share in the choice.
    """
    errors = series.train_curves.mean()
    sizes = errors.index.to_numpy(float)
    is_left = errors.to_numpy() >= FITTED_BELOW
    if is_left[0] or not is_left.any():
        return None
    threshold = sizes[is_left][0]
    fewer = sizes[sizes < threshold]
    return float(fewer[np.abs(np.log(fewer * FEWER / threshold)).argmin()]), float(threshold)


def complexity_grows(factor: str) -> FindIn:
    """Return what finds the exponent of the effective model complexity against a factor."""

    def find(tables: RunTables, setting: Setting) -> Iterator[Named]:
        every = EMC.of().of_all(tables)
        rows = comparable(every[setting.fits(every)])[0]
        found = exponents(rows) if len(rows) else {}
        if not found:
            raise NoDataError("Too few complexities have been found over width and epochs.", HINT)
        bounds = int((rows["outcome"] != "found").sum())
        yield f"{len(rows)} procedures, of which {bounds} have a bound only", found[factor]

    return find


def order_of_flow(correction: float) -> Find:
    """Return what finds the order in the step size of a step's distance from a flow, for each problem."""

    def find(tables: RunTables) -> Iterator[Named]:
        orders = local_orders(FLOW_ERROR.of().of_all(tables))
        found = [(problem, order) for problem, its_correction, order in orders if its_correction == correction]
        if not found:
            raise NoDataError("No step has been compared with this flow at three step sizes.", HINT)
        yield from found

    return find


def ranked_at_equal_loss(choose: Callable[[pd.DataFrame], pd.DataFrame], strength: str, value: str) -> Find:
    """Return what finds the rank correlation of a value with a learning rate or penalty at equal training loss.

    Args:
        choose: Chooses the runs.
        strength: Column of the learning rate or penalty.
        value: Column of the value.
    """

    def find(tables: RunTables) -> Iterator[Named]:
        rows = choose(at_equal_loss(tables)[0])
        yield f"{rows['run_id'].nunique()} runs", ranked(rows, strength, value)

    return find
