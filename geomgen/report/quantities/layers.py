"""Quantities of a network's layers: how far their scale is from one, and how much it grows."""

import numpy as np
import pandas as pd

from geomgen.report.quantity import Quantity

TABLE, FLAGS = "layer_statistics", "--statistics"
RELU_MEAN_SQUARE = 0.5


def _mean_distances(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the mean over hidden layers of |ln(q / (1/2))|, q the mean square of a trained layer's output."""
    hidden = rows[(rows["state"] == "final") & (rows["layer"] != "output")]
    distances = _logarithm(hidden["post_rms"] ** 2 / RELU_MEAN_SQUARE).abs()
    return pd.DataFrame({"value": distances.groupby(hidden["run_id"]).mean()}).reset_index()


def _least_growths(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ln(trained over initial root mean square) of the layer in which it is smallest."""
    rms = rows.pivot_table(index=["run_id", "layer"], columns="state", values="pre_rms")
    rms = rms.reindex(columns=["initial", "final"])
    growths = _logarithm((rms["final"] / rms["initial"]).dropna())
    return pd.DataFrame({"value": growths.groupby("run_id").min()}).reset_index()


def _logarithm(values: pd.Series) -> pd.Series:
    """Return ln; -inf of a layer that outputs nothing but zeros."""
    with np.errstate(divide="ignore"):
        return pd.Series(np.log(values.to_numpy(float)), values.index)


DISTANCE_FROM_UNIT_VARIANCE = Quantity(
    "distance_from_unit_variance",
    "distance of trained layers from unit variance",
    TABLE,
    _mean_distances,
    flags=FLAGS,
    formula="mean over hidden layers of |ln(q / (1/2))|, q the mean square of a layer's output; 1/2 is that of a "
    "ReLU's output for standard Gaussian input",
)
LEAST_GROWTH = Quantity(
    "least_growth",
    "growth of the layer that grows least, ln of trained over initial root mean square,",
    TABLE,
    _least_growths,
    flags=FLAGS,
    formula="min over layers of ln(trained / initial root mean square of the linear output)",
)
