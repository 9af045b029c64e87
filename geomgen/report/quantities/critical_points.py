"""Quantities of a run's critical points: how many are saddles, and how their index goes with the loss.

Critical points of one run that have the same loss and the same number of negative eigenvalues count once: permuted
units, and searches that end at the same point.
"""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.numerics.statistics import rank_correlation
from geomgen.report.collect import MEASURE_OPTIONS, SETTING
from geomgen.report.quantity import Quantity, Read
from geomgen.tables.critical_points import CriticalPointRow
from geomgen.tables.registry import columns
from geomgen.theory.random_matrices import (
    index_at,
    log_chance_of_minimum,
    log_chance_of_minimum_by_signs,
    semicircle_density,
)

TABLE = "critical_points"
SAME_LOSS = 1e-6
LOWEST_SHARE = 0.1
FEWEST_POINTS = 5
MOST_EVALUATIONS = 50
MEASURED = [name for name in columns(CriticalPointRow) if name not in MEASURE_OPTIONS]


def distinct(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the critical points of one run, each once, by ascending loss."""
    critical = rows[rows["verdict"] == "critical"].sort_values(["num_negative", "penalised_loss"], kind="stable")
    loss = critical["penalised_loss"]
    repeats = (critical["num_negative"].diff() == 0) & (loss.diff() <= SAME_LOSS * loss.abs())
    return critical[~repeats].sort_values("penalised_loss", kind="stable")


def of_runs(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the searches of each run and setting; of several numbers of images, searches are kept apart."""
    return [part for _, part in rows.groupby(["run_id", SETTING], sort=False)]


def _per_run(statistic: Callable[[pd.DataFrame], float]) -> Read:
    """Return the function that reads one number from the searches of each run."""

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        parts = of_runs(rows)
        first = pd.concat([part.head(1) for part in parts]).drop(columns=MEASURED)
        return first.assign(value=[statistic(part) for part in parts])

    return read


def _of_distinct(statistic: Callable[[pd.DataFrame], float], fewest: int = 1) -> Read:
    """Return the function that reads one number from the distinct critical points of each run; NaN for too few."""

    def of_run(rows: pd.DataFrame) -> float:
        points = distinct(rows)
        return statistic(points) if len(points) >= fewest else math.nan

    return _per_run(of_run)


def _share(verdict: str) -> Read:
    return _per_run(lambda rows: float((rows["verdict"] == verdict).mean()))


def _are_saddles(points: pd.DataFrame) -> "pd.Series[bool]":
    return (points["num_negative"] > 0) & (points["eigenvalue_max"] > points["noise_floor"])


def _log_minima(points: pd.DataFrame) -> float:
    return math.log(((points["num_negative"] == 0).sum() + 0.5) / (len(points) + 1))


def _lowest_over_mean(points: pd.DataFrame) -> float:
    """Return the mean index of the tenth of lowest loss over that of all; NaN if all are minima."""
    lowest, mean = points["index"].head(math.ceil(LOWEST_SHARE * len(points))).mean(), points["index"].mean()
    return float(lowest / mean) if mean else math.nan


def _rank_correlation(points: pd.DataFrame) -> float:
    return rank_correlation(points["penalised_loss"], points["index"]).value


def _by_signs(points: pd.DataFrame) -> float:
    return log_chance_of_minimum_by_signs(float(points["dimension"].iloc[0]), 1 - float(points["index"].mean()))


def fitted_law(points: pd.DataFrame) -> tuple[float, float, float]:
    """Return E_c, E_0 and the root mean square residual of `index_at`, by least squares.

    Args:
        points: Distinct critical points.

    Returns:
        NaN for too few points, or where no E_0 fits best: where the index does not rise with the loss.
    """
    from scipy.optimize import least_squares

    loss, index = points["penalised_loss"].to_numpy(float), points["index"].to_numpy(float)
    if len(points) < FEWEST_POINTS or np.ptp(loss) == 0 or not index.any():
        return math.nan, math.nan, math.nan

    def residuals(law: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(index_at(loss, float(law[0]), float(law[0] + np.exp(law[1]))) - index, float)

    def jacobian(law: NDArray[np.float64]) -> NDArray[np.float64]:
        span = math.exp(float(law[1]))
        above = (loss - float(law[0])) / span
        slope = semicircle_density(above - 1)
        return np.column_stack([-slope / span, -slope * above])

    start = [loss.min(), math.log(2 * np.ptp(loss))]
    found = least_squares(residuals, start, jac=jacobian, max_nfev=MOST_EVALUATIONS)
    if not found.success:
        return math.nan, math.nan, math.nan
    lowest, span = float(found.x[0]), math.exp(float(found.x[1]))
    return lowest, lowest + span, math.sqrt(float(np.mean(found.fun**2)))


def _exponent(points: pd.DataFrame) -> float:
    """Return the slope of ln index against the logarithm of the loss above the lowest; NaN for too few points."""
    above = points[
        (points["num_negative"] > 0) & (points["penalised_loss"] > points["penalised_loss"].min() * (1 + SAME_LOSS))
    ]
    if len(above) < FEWEST_POINTS:
        return math.nan
    excess = np.log((above["penalised_loss"] - points["penalised_loss"].min()).to_numpy(float))
    return float(np.polyfit(excess, np.log(above["index"].to_numpy(float)), 1)[0])


def _of_points(name: str, title: str, read: Read, formula: str, *, unit: str = "", source: str = "") -> Quantity:
    return Quantity(name, title, TABLE, read, unit=unit, formula=formula, source=source)


DIMENSION = _of_points(
    "dimension", "number of parameters", _per_run(lambda rows: float(rows["dimension"].iloc[0])), "D"
)
CRITICAL_SHARE = _of_points(
    "critical_share", "share of searches that end at a critical point", _share("critical"), "verdict critical, over all"
)
FLAT_SHARE = _of_points(
    "gradient_flat_share",
    "share of searches that end where the gradient is flat but not 0",
    _share("gradient-flat"),
    "verdict gradient-flat, over all",
)
DISTINCT = _of_points(
    "distinct_points", "number of distinct critical points", _per_run(lambda rows: float(len(distinct(rows)))),
    "critical points whose loss (to 1e-6) or number of negative eigenvalues differs",
)  # fmt: skip
SADDLE_SHARE = _of_points(
    "saddle_share",
    "share of saddles among distinct critical points",
    _of_distinct(lambda points: float(_are_saddles(points).mean())),
    "those with negative and positive eigenvalues, over all",
)
SADDLES, MINIMA = (
    _of_points(f"num_{name}", f"number of {name} among distinct critical points", _of_distinct(count, 0), formula)
    for name, count, formula in (
        ("saddles", lambda points: float(_are_saddles(points).sum()), "those with negative and positive eigenvalues"),
        ("minima", lambda points: float((points["num_negative"] == 0).sum()), "those without negative eigenvalues"),
    )
)
LOG_MINIMA = _of_points(
    "log_minimum_share",
    "logarithm of the share of minima among distinct critical points",
    _of_distinct(_log_minima),
    "ln((m + 1/2) / (n + 1)) of m minima among n: with none, the least that n points can tell",
)
MEAN_INDEX = _of_points(
    "mean_index",
    "mean index of distinct critical points",
    _of_distinct(lambda points: float(points["index"].mean())),
    "fraction of negative eigenvalues, mean over points",
)
LOWEST_INDEX = _of_points(
    "lowest_index_ratio",
    "mean index of the tenth of critical points with the lowest loss over that of all",
    _of_distinct(_lowest_over_mean, FEWEST_POINTS),
    "1 if the signs of eigenvalues have nothing to do with the loss, as in random symmetric matrices",
)
INDEX_CORRELATION = _of_points(
    "index_loss_correlation",
    "rank correlation of loss and index over distinct critical points",
    _of_distinct(_rank_correlation, FEWEST_POINTS),
    "Spearman's, within each run",
)
LOG_BY_SIGNS = _of_points(
    "log_minimum_by_signs",
    "logarithm of the chance of a minimum if signs of eigenvalues were independent",
    _of_distinct(_by_signs),
    "D ln p, p the mean share of eigenvalues that are not negative",
)
LOG_OF_RANDOM = _of_points(
    "log_minimum_of_random",
    "logarithm of the chance that a random symmetric matrix has no negative eigenvalue",
    _per_run(lambda rows: log_chance_of_minimum(float(rows["dimension"].iloc[0]))),
    "-(ln 3 / 4) D^2",
    source="Dean and Majumdar (2006)",
)
LOWEST_LOSS = _of_points(
    "law_lowest_loss",
    "loss at which the random-matrix law of the index reaches 0",
    _of_distinct(lambda points: fitted_law(points)[0]),
    "E_c of a semicircle whose centre falls with the loss, by least squares",
    source="Bray and Dean (2007)",
)
LAW_RESIDUAL = _of_points(
    "law_residual",
    "root mean square residual of the index from its random-matrix law",
    _of_distinct(lambda points: fitted_law(points)[2]),
    "after a fit of E_c and E_0",
)
INDEX_EXPONENT = _of_points(
    "index_exponent",
    "exponent of the index against the loss above the lowest",
    _of_distinct(_exponent),
    "slope of ln index against ln(E - lowest E); 3/2 near the bottom of the random-matrix law",
    source="Bray and Dean (2007)",
)
