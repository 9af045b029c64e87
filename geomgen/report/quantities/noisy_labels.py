"""Networks trained on noisy labels: errors and complexity, in series along width, training images or epochs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from geomgen.numerics.estimate import Estimate
from geomgen.report.averages import label, split
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import records
from geomgen.report.error_peaks import Peak, find_peak, value_beside_peak
from geomgen.report.quantity import Quantity
from geomgen.report.setting import Setting

TABLE = "training"
AXES = {"width": "Width", "train_size": "Training images", "epoch": "Epochs"}
FEWEST = {"width": 5, "train_size": 5, "epoch": 8}
RATIOS = ("parameters_over_images", "parameters_over_outputs")


def _errors(rows: pd.DataFrame) -> pd.DataFrame:
    found = noisy(rows)
    return found[["run_id", "epoch"]].assign(value=found["test_error"])


TEST_ERROR = Quantity(
    "noisy_test_error",
    "test error of networks trained on noisy labels",
    TABLE,
    _errors,
    keys=("epoch",),
    flags="--label-noise FRACTION --train-size N",
    formula="1 - test accuracy, of runs with label noise on a subset of the images",
)


@dataclass(frozen=True, eq=False)
class Series:
    """Networks that differ along one axis and in their seed.

    Attributes:
        axis: width, train_size or epoch.
        name: The options that distinguish it from the axis's other series, in words.
        rows: One row per seed and point, from seeds that have every point.
    """

    axis: str
    name: str
    rows: pd.DataFrame

    @property
    def curves(self) -> pd.DataFrame:
        """Test error, one row per seed and one column per point."""
        return self._by_seed("test_error")

    @property
    def peak(self) -> Peak:
        """Where and how high the test error peaks."""
        return find_peak(self.curves)

    def train_error_beside_peak(self, steps: int) -> Estimate:
        """Return the training error some points beyond the peak, as in `value_beside_peak`."""
        return value_beside_peak(self.curves, self.train_curves, steps)

    @property
    def train_curves(self) -> pd.DataFrame:
        """Training error, likewise."""
        return self._by_seed("train_error")

    def _by_seed(self, value: str) -> pd.DataFrame:
        return self.rows.pivot(index="seed", columns=self.axis, values=value)


def noisy(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of trainings on subsets with label noise, with errors and complexity."""
    chosen = rows[(rows["label_noise"] > 0) & rows["train_size"].notna()]
    ratio = (chosen["num_parameters"] / chosen["train_size"]).astype(float)
    return chosen.assign(
        test_error=1 - chosen["test_accuracy"],
        train_error=1 - chosen["train_accuracy"],
        parameters_over_images=ratio,
        parameters_over_outputs=(ratio / chosen["num_classes"]).astype(float),
    )


def all_series(tables: RunTables, axis: str, setting: Setting) -> list[Series]:
    """Return the series along an axis of all runs of a setting."""
    rows = tables.collect(TABLE, TEST_ERROR.remedy).latest.frame
    return tables.once((TABLE, axis, setting), lambda: list(series_along(noisy(rows[setting.fits(rows)]), axis)))


def series_along(rows: pd.DataFrame, axis: str) -> Iterator[Series]:
    """Yield the series along an axis that have enough points: the last epoch of each run, or intervals of its epochs.

    Args:
        rows: Of `noisy` trainings.
        axis: width, train_size or epoch.
    """
    points = _thinned(rows) if axis == "epoch" else rows[rows["epoch"] == rows["epochs"]]
    groups = [_whole(group, axis) for _, part in split(points, axis) for group in _networks(part, axis)]
    long = [group for group in groups if group[axis].nunique() >= FEWEST[axis]]
    if not long:
        return
    names = _distinctions(pd.concat([group.head(1) for group in long]), axis)
    for group in long:
        yield Series(axis, label(names, records(group.head(1))[0]).removeprefix("arch "), group)


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """Return median errors of each run in each interval of a factor sqrt 2 of epochs, as of its last epoch.

    So noise has few places to peak; and a median is not moved by the few epochs in which the loss jumps, as that of
    Adam does long after the training images are fitted.
    """
    octave = np.ceil(2 * np.log2(rows["epoch"].astype(float)))
    ordered = rows.assign(octave=octave).sort_values("epoch", kind="stable")
    interval, errors = ["setting", "width", "seed", "octave"], ["test_error", "train_error"]
    medians = ordered.groupby(interval, dropna=False)[errors].transform("median")
    return ordered.assign(**medians).drop_duplicates(interval, keep="last").drop(columns="octave")


def _networks(part: pd.DataFrame, axis: str) -> list[pd.DataFrame]:
    return [part] if axis == "width" else [group for _, group in part.groupby("width")]


def _whole(group: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows of seeds that have every point that any seed has."""
    counts = group.groupby("seed")[axis].nunique()
    return group[group["seed"].isin(counts.index[counts == group[axis].nunique()])]


def _distinctions(firsts: pd.DataFrame, axis: str) -> list[str]:
    """Return what tells networks apart, or else their architecture and number of images; the architecture first."""
    names = [name for name in varying_options(firsts) if name != axis]
    names += ["width"] if axis != "width" and firsts["width"].nunique() > 1 else []
    names = names or [name for name in ("arch", "train_size") if name != axis]
    return sorted(names, key=lambda name: name != "arch")
