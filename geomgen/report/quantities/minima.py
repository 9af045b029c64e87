"""Quantities of the volumes of the minima that the networks of one run find: their spread, and how few hold most."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geomgen.numerics.shares import top_share
from geomgen.numerics.statistics import rank_correlation
from geomgen.report.quantity import Quantity, Read
from geomgen.theory.volume import log_normal_top_share

TABLE = "minima"
LARGEST, FEWEST_TESTED = 0.1, 3
"""Which part of the minima count as the few of largest volume; how many values a test of normality takes."""
Vector = NDArray[np.float64]


def _per_run(statistic: Callable[[pd.DataFrame], float]) -> Read:
    def read(rows: pd.DataFrame) -> pd.DataFrame:
        parts = rows.groupby("run_id", sort=False)
        return pd.DataFrame([{"run_id": run, "value": statistic(part)} for run, part in parts])

    return read


def _of_volumes(statistic: Callable[[Vector], float]) -> Read:
    return _per_run(lambda rows: statistic(rows["log_volume_nats"].to_numpy(float)))


def _spread(column: str) -> Read:
    return _per_run(lambda rows: float(rows[column].std()))


def _top_share(log_volumes: Vector) -> float:
    return top_share(log_volumes, LARGEST)


def _log_normal_share(log_volumes: Vector) -> float:
    return log_normal_top_share(float(pd.Series(log_volumes).std()), LARGEST)


def _normality(log_volumes: Vector) -> float:
    from scipy.stats import shapiro

    if len(log_volumes) < FEWEST_TESTED or np.ptp(log_volumes) == 0:
        return math.nan
    return float(shapiro(log_volumes).pvalue)


def _error_correlation(rows: pd.DataFrame) -> float:
    known = rows.dropna(subset="test_error")
    return rank_correlation(known["log_volume_nats"], known["test_error"].astype(float)).value


def _quantity(name: str, title: str, read: Read, formula: str, unit: str = "", source: str = "") -> Quantity:
    return Quantity(name, title, TABLE, read, unit, formula=formula, source=source)


DIMENSION = _quantity(
    "minima_dimension", "number of parameters", _per_run(lambda rows: rows["num_parameters"].iloc[0]), "D"
)
COUNT = _quantity("minima", "number of minima", _per_run(len), "networks that came to fit exactly")
MEAN = _quantity("mean_log_volume_nats", "mean of ln V", _of_volumes(np.mean), "over the networks of a run", "nats")
SPREAD = _quantity(
    "log_volume_std",
    "standard deviation of ln V",
    _spread("log_volume_nats"),
    "over the networks of a run, V the prior's mass of parameters with a loss of at most the tolerance",
    "nats",
)
CURVATURE_SPREAD = _quantity(
    "half_log_det_std",
    "standard deviation of half the log determinant",
    _spread("half_log_det_nats"),
    "over the networks of a run, of the Hessian's eigenvalues above rounding",
    "nats",
)
TOP_SHARE = _quantity(
    "top_share",
    "share of the volume that the largest tenth of the minima holds",
    _of_volumes(_top_share),
    "sum of V over the tenth with the largest V, over that of all networks of a run; 0.1 if all are equal",
)
LOG_NORMAL_SHARE = _quantity(
    "log_normal_share",
    "share that the largest tenth of log-normal volumes holds",
    _of_volumes(_log_normal_share),
    "Phi(s - 1.2816), s the standard deviation of ln V",
)
EXCESS = _quantity(
    "excess_share",
    "share of the largest tenth less that of log-normal volumes",
    _of_volumes(lambda log_volumes: _top_share(log_volumes) - _log_normal_share(log_volumes)),
    "the two shares above, of one standard deviation of ln V",
)
NORMALITY = _quantity(
    "normality_p_value",
    "p-value of the test that ln V is normal",
    _of_volumes(_normality),
    "W of the sorted values against a normal sample's",
    source="Shapiro and Wilk (1965)",
)
ERROR_CORRELATION = _quantity(
    "error_correlation",
    "rank correlation of ln V and test error",
    _per_run(_error_correlation),
    "over the networks of a run, which are trained on the same data",
)
