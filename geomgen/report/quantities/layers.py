"""Quantities of a network's layers: how their scale changes from the first to the last, and in training."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.quantity import Quantity, Read

if TYPE_CHECKING:
    from pandas.core.groupby import DataFrameGroupBy

TABLE, FLAGS = "layer_statistics", "--statistics"
RESOLVED = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
"""Root mean squares that float32, in which networks compute, resolves; one beyond them counts as the nearest."""
CAPPED = "root mean squares below 1.2e-38 and above 3.4e38, which float32 does not resolve, taken as these"


def _least_growths(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ln(trained over initial root mean square) of the layer in which it is smallest."""
    rms = rows.pivot_table(index=["run_id", "layer"], columns="state", values="pre_rms")
    rms = rms.reindex(columns=["initial", "final"])
    growths = _log_ratio(rms["final"], rms["initial"]).dropna()
    return pd.DataFrame({"value": growths.groupby("run_id").min()}).reset_index()


def _drifts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return |ln(q_L / q_1)| of each state, q_1 and q_L the mean squares of the first and the last hidden layer."""
    return _drift(rows.assign(square=rows["post_rms"] ** 2), "square")


def _gradient_drifts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the same of the mean squares of gradients."""
    return _drift(rows.dropna(subset="backward_mean_square"), "backward_mean_square")


def _drift(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    ends = _hidden(rows)[column].agg(["first", "last"]) ** 0.5
    return (2 * _log_ratio(ends["last"], ends["first"])).abs().rename("value").reset_index()


def _last_cosines(rows: pd.DataFrame) -> pd.DataFrame:
    return _hidden(rows)["cosine_mean"].last().rename("value").reset_index()


def _hidden(rows: pd.DataFrame) -> "DataFrameGroupBy[Any, Any]":
    """Return the hidden layers of each run and state, in their order."""
    return rows[rows["layer"] != "output"].groupby(["run_id", "state"], sort=False)


def _log_ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    """Return ln of a ratio of root mean squares, finite for a layer of zeros; NaN if neither is resolved."""
    is_known = above.between(*RESOLVED) | below.between(*RESOLVED)
    ratios = above.astype(float).clip(*RESOLVED) / below.astype(float).clip(*RESOLVED)
    return pd.Series(np.log(ratios.to_numpy(float)), ratios.index).where(is_known)


def _of_state(name: str, title: str, read: Read, formula: str, unit: str = "") -> Quantity:
    return Quantity(name, title, TABLE, read, unit=unit, keys=("state",), flags=FLAGS, formula=formula)


DRIFT = _of_state(
    "drift_of_variance",
    "change of the variance from the first to the last hidden layer",
    _drifts,
    f"|ln(q_L / q_1)|, q_l the mean square of hidden layer l's output, {CAPPED}",
    "nats",
)
GRADIENT_DRIFT = _of_state(
    "drift_of_gradient",
    "change of the gradient's mean square from the last to the first hidden layer",
    _gradient_drifts,
    f"|ln(g_1 / g_L)|, g_l the mean square of an image's loss's derivative by layer l's linear output, {CAPPED}",
    "nats",
)
LAST_COSINE = _of_state(
    "last_cosine",
    "mean cosine between images in the last hidden layer",
    _last_cosines,
    "mean cosine between the linear outputs of two images; 1 if the network no longer tells them apart",
)
LEAST_GROWTH = Quantity(
    "least_growth",
    "growth of the layer that grows least, ln of trained over initial root mean square,",
    TABLE,
    _least_growths,
    flags=FLAGS,
    formula=f"min over layers of ln(trained / initial root mean square of the linear output), {CAPPED}",
)
