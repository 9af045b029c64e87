"""Numbers of the fifth text's claims on regression: the classical U, and curves of random features."""

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from geomgen.config.regress import PolynomialConfig, RffConfig
from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.numerics.statistics import mean, plane
from geomgen.report.claims.part import Find
from geomgen.report.collect import RunTables
from geomgen.report.error_peaks import DoubleDescent, double_descent
from geomgen.report.quantities.regression import FEATURES_ERROR, POLYNOMIAL_ERROR, SOLUTION_NORM
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.statistic import HINT, Named

BASIS = "legendre"
FEWEST_DEGREES, FEWEST_SIZES, FEWEST_PAST_PEAK = 4, 3, 3


def fraction(flags: Iterable[bool]) -> Estimate:
    """Return the fraction that is so, known without error."""
    known = list(flags)
    return Estimate(sum(known) / len(known), 0.0, math.inf, len(known))


def _classical(tables: RunTables, quantity: Quantity) -> list[pd.Series]:
    """Return each seed's values by degree, up to half as many parameters as points.

    Raises:
        NoDataError: If no seed has four such degrees.
    """
    rows = quantity.of(basis=BASIS).among(PolynomialConfig(), "repetitions").rows(tables)
    rows = rows[2 * (rows["degree"] + 1) <= rows["samples"]].sort_values(["degree", "repetitions"], kind="stable")
    rows = rows.drop_duplicates(["seed", "degree"], keep="last")
    found = [run.set_index("degree")[VALUE].astype(float) for _, run in rows.groupby("seed")]
    if not (long := [curve for curve in found if len(curve) >= FEWEST_DEGREES]):
        raise NoDataError(f"Fewer than {FEWEST_DEGREES} degrees with at most half as many parameters as points.", HINT)
    return long


def against_degree(quantity: Quantity, scale: Callable[[pd.Series], pd.Series]) -> Find:
    """Return what finds the slope of a scaled quantity of polynomials: the mean over seeds, of one the line's own.

    Args:
        quantity: The quantity.
        scale: Applied before the line is fitted.
    """

    def find(tables: RunTables) -> Iterator[Named]:
        curves = _classical(tables, quantity)
        slopes = [plane(curve.index.to_numpy(float)[:, None], scale(curve).to_numpy())[0] for curve in curves]
        degrees = f"degrees {curves[0].index.min()} to {curves[0].index.max()}"
        yield degrees, mean([slope.value for slope in slopes]) if len(slopes) > 1 else slopes[0]

    return find


def is_lowest_inside(tables: RunTables) -> Iterator[Named]:
    """Yield the fraction of seeds whose test error is lowest at neither the first nor the last degree."""
    curves = _classical(tables, POLYNOMIAL_ERROR)
    lowest = [int(str(curve.idxmin())) for curve in curves]
    inside = [curve.index[0] < degree < curve.index[-1] for curve, degree in zip(curves, lowest, strict=True)]
    yield f"lowest at degree {_listed(lowest)}", fraction(inside)


def _curves(tables: RunTables) -> dict[int, list[pd.DataFrame]]:
    """Return each seed's ``error`` and ``norm`` by features, by the number of samples that the features span.

    Raises:
        NoDataError: If there is none.
    """
    return tables.once((FEATURES_ERROR, SOLUTION_NORM), lambda: _spanning(tables))


def _spanning(tables: RunTables) -> dict[int, list[pd.DataFrame]]:
    errors, norms = (
        quantity.of().among(RffConfig(), "samples").rows(tables) for quantity in (FEATURES_ERROR, SOLUTION_NORM)
    )
    rows = errors.assign(error=errors[VALUE], norm=norms[VALUE])
    found: dict[int, list[pd.DataFrame]] = {}
    for (samples, _), curve in rows.groupby(["samples", "seed"]):
        size = int(str(samples))
        if curve["features"].min() < size < curve["features"].max():
            found.setdefault(size, []).append(curve)
    if not found:
        raise NoDataError("No curve has features below and above the number of samples.", HINT)
    return found


def _of_most_seeds(tables: RunTables) -> tuple[int, list[pd.DataFrame]]:
    """Return the number of samples with the most seeds, the largest of several, and its curves."""
    return max(_curves(tables).items(), key=lambda item: (len(item[1]), item[0]))


def _marks(curves: Iterable[pd.DataFrame]) -> list[DoubleDescent]:
    return [double_descent(curve, "features", "error") for curve in curves]


def _at_threshold(size: int, curves: Iterable[pd.DataFrame]) -> Named:
    marks = _marks(curves)
    peaks = _listed(int(mark.peak) for mark in marks)
    return f"peaks of {size} samples at {peaks} features", fraction(mark.is_peak_at(size) for mark in marks)


def is_at_threshold(tables: RunTables) -> Iterator[Named]:
    """Yield the fraction of curves that peak within one grid step of features = samples."""
    yield _at_threshold(*_of_most_seeds(tables))


def are_at_thresholds(tables: RunTables) -> Iterator[Named]:
    """Yield the same for each number of samples, of which there have to be three."""
    found = _curves(tables)
    if len(found) < FEWEST_SIZES:
        raise NoDataError(f"Fewer than {FEWEST_SIZES} numbers of samples have been measured.", HINT)
    for size, curves in found.items():
        yield _at_threshold(size, curves)


def second_less_first(tables: RunTables) -> Iterator[Named]:
    """Yield the lowest test error beyond the peak minus that before it."""
    size, curves = _of_most_seeds(tables)
    marks = _marks(curves)
    first, second = (np.mean([getattr(mark, name) for mark in marks]) for name in ("first_error", "second_error"))
    words = f"{size} samples, {second:.3g} less {first:.3g}"
    yield words, mean([mark.second_error - mark.first_error for mark in marks])


def past_peak(column: str) -> Find:
    """Return what finds the log-log slope of a curve's column against features past the peak of the test error."""

    def find(tables: RunTables) -> Iterator[Named]:
        size, curves = _of_most_seeds(tables)
        yield f"{size} samples", mean([_slope_past_peak(curve, column) for curve in curves])

    return find


def _slope_past_peak(curve: pd.DataFrame, column: str) -> float:
    past = curve[curve["features"] > _marks([curve])[0].peak]
    if len(past) < FEWEST_PAST_PEAK:
        raise NoDataError(f"Fewer than {FEWEST_PAST_PEAK} numbers of features past the peak.", HINT)
    features, values = (np.log(past[name].to_numpy(float)) for name in ("features", column))
    return plane(features[:, None], values)[0].value


def _listed(values: Iterable[int]) -> str:
    return ", ".join(map(str, dict.fromkeys(values)))
