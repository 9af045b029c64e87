"""Quantities of a training: where it ends, and what its path looks like."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from geomgen.report.quantity import Quantity

TABLE, POINTS, GRADIENTS = "training", "trajectory", "implicit_regularization"
TRACKED = "--track implicit-regularization"
FEWEST_POINTS = 3


def _last(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return the function that reads a column at each run's last epoch."""

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        last = rows.sort_values("epoch", kind="stable").groupby("run_id").tail(1)
        return last[["run_id"]].assign(value=last[column])

    return read


def exponent(path: pd.DataFrame) -> float:
    """Return the slope of ln distance against ln steps: 1/2 for a Brownian path, 1 for a straight one.

    Args:
        path: Columns ``step`` and ``distance``, at least three rows; NaN for fewer.
    """
    if len(path) < FEWEST_POINTS:
        return float("nan")
    steps, distances = (np.log(path[name].to_numpy(float)) for name in ("step", "distance"))
    return float(np.polyfit(steps, distances, 1)[0])


def exponents(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the exponent of each run's path."""
    found = {run_id: exponent(path) for run_id, path in rows.groupby("run_id")}
    return pd.DataFrame({"run_id": list(found), "value": list(found.values())})


def _bits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return each run's mean bits per step over the recorded epochs after initialisation."""
    started = rows[rows["epoch"] > 0]
    return started.groupby("run_id")["bits_per_step"].mean().rename("value").reset_index()


def _directness(rows: pd.DataFrame) -> pd.DataFrame:
    found = _last("distance")(rows)
    return found.assign(value=(found["value"] / _last("path_length")(rows)["value"]).clip(upper=1))


def shorter_paths(rows: pd.DataFrame) -> int:
    """Return the number of trainings whose estimated path is shorter than their distance, which no path can be."""
    return int((_last("distance")(rows)["value"] > _last("path_length")(rows)["value"]).sum())


def _log_distances(rows: pd.DataFrame) -> pd.DataFrame:
    found = _last("relative_distance")(rows)
    return found.assign(value=np.log(found["value"].astype(float)))


TEST_ACCURACY = Quantity(
    "test_accuracy",
    "test accuracy",
    TABLE,
    _last("test_accuracy"),
    formula="fraction of the test images that are classified as labelled, after the last epoch",
)
TRAIN_ACCURACY = Quantity(
    "train_accuracy",
    "training accuracy",
    TABLE,
    _last("train_accuracy"),
    formula="fraction of the first training images that are classified as labelled, after the last epoch",
)
RELATIVE_DISTANCE = Quantity(
    "relative_distance",
    "relative distance from initialisation",
    TABLE,
    _last("relative_distance"),
    formula="distance of the trained parameters from the initial ones, over the norm of those",
)
LOG_RELATIVE_DISTANCE = Quantity(
    "log_relative_distance",
    "logarithm of the relative distance from initialisation",
    TABLE,
    _log_distances,
    formula="ln of relative_distance",
)
EXPONENT = Quantity(
    "exponent",
    "exponent of distance from initialisation against steps",
    TABLE,
    exponents,
    recorded=("record_every",),
    formula="slope of ln distance against ln steps over the recorded epochs",
)
PATH_EXPONENT = Quantity(
    "path_exponent",
    "exponent of distance from initialisation against steps, from the first steps on",
    POINTS,
    exponents,
    flags=TRACKED,
    formula="slope of ln distance against ln steps over steps that are evenly spaced on a logarithmic scale",
)
DIRECTNESS = Quantity(
    "directness",
    "distance from initialisation over the length of the path",
    TABLE,
    _directness,
    recorded=("track_every",),
    formula="distance of the trained parameters from the initial ones, over the sum of the lengths of all steps; at "
    "most 1, since no path is shorter than the distance",
)
BITS_PER_STEP = Quantity(
    "bits_per_step",
    "information in a step's gradient",
    GRADIENTS,
    _bits,
    unit="bits",
    recorded=("track_images", "track_interval"),
    flags=TRACKED,
    formula="log2(1 + signal-to-noise ratio of a mini-batch's gradient) / 2, mean over epochs after initialisation",
)
