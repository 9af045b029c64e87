"""Judge of the third text's claim on unit variance."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.claims.claim import Measured, Tables, Verdict
from geomgen.report.claims.intervals import Interval, all_of, at_width, below
from geomgen.report.claims.protocol import MADE_BY, at_protocol, largest_width

TABLE = "layer_statistics"
Options = Mapping[str, Any]
# The options of each device: without it, and with it.
DEVICES: dict[str, tuple[Options, Options]] = {
    "scaling by width (He)": ({}, {"init": "he"}),
    "LayerNorm": ({}, {"layer_norm": True}),
    "BatchNorm": ({}, {"batch_norm": True}),
    "weight decay": ({"weight_decay": 0.0}, {}),
    "Adam": ({"optimizer": "sgd"}, {}),
}
RELU_MEAN_SQUARE = 0.5


def keeps_unit_variance(tables: Tables) -> Measured:
    """Judge T3.1: how much closer each device brings trained layers to unit variance."""
    found = {name: change for name in DEVICES if (change := _change(tables[TABLE], *DEVICES[name])) is not None}
    if not found:
        raise NoDataError("No device has been measured both on and off.", MADE_BY)
    verdicts = [below(change) for change in found.values()]
    complete = [] if len(found) == len(DEVICES) else [Verdict.UNDECIDED]
    worst = max(found.values(), key=lambda change: change.value)
    missing = [name for name in DEVICES if name not in found]
    words = "; ".join(f"{name} {change}" for name, change in found.items())
    evidence = f"{words}." + (f" Not measured: {', '.join(missing)}." if missing else "")
    low, high = (worst.low, worst.high) if worst.is_known else (None, None)
    return Measured(all_of(*verdicts, *complete), evidence, worst.value, low, high)


def _change(frame: pd.DataFrame, off: Options, on: Options) -> Interval | None:
    """Return how much a device changes the distance from unit variance, same seeds; None if not measured."""
    try:
        change = (_distance(at_protocol(frame, **on)) - _distance(at_protocol(frame, **off))).dropna()
        return at_width(change, largest_width(change))
    except NoDataError:
        return None


def _distance(rows: pd.DataFrame) -> pd.Series:
    """Return the mean over hidden layers of |ln(q / (1/2))|, q the mean square of a layer's output, by width and seed.

    1/2 is the mean square of a ReLU's output for a standard Gaussian input.
    """
    hidden = rows[(rows["state"] == "final") & (rows["layer"] != "output")]
    logs = (hidden["post_rms"] ** 2 / RELU_MEAN_SQUARE).map(math.log).abs()
    distances: pd.Series = logs.groupby([hidden["width"], hidden["seed"]]).mean()
    return distances
