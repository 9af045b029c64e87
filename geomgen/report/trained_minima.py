"""Volume, curvature and test error of trained networks beside each other."""

from typing import NamedTuple

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.learning import LLC
from geomgen.report.quantities.parameter_volume import LOG_VOLUME, OF_MINIMA
from geomgen.report.quantities.training import TEST_ACCURACY, TRAIN_ACCURACY
from geomgen.report.together import together

TEST_ERROR = "test_error"
FREE = ("lr", "batch_size", "weight_decay")
"""Options that trainings may differ in and be compared."""
BESIDE = (LLC.name, TRAIN_ACCURACY.name, TEST_ACCURACY.name)
"""What stands beside a volume, but has no row without one."""


class TrainedMinima(NamedTuple):
    """Trainings that have reached a minimum.

    Attributes:
        rows: One per run, with its options, numbers and test error.
        notes: On those that are left out.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...]


def trained_minima(tables: RunTables) -> TrainedMinima:
    """Return the runs whose parameters' volume was measured, without those known to predict a training image wrong.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there is none.
    """
    LOG_VOLUME.rows(tables)
    rows = together(tables, OF_MINIMA)
    rows = rows[rows[[name for name in OF_MINIMA if name not in BESIDE]].notna().any(axis=1)]
    fails = rows[TRAIN_ACCURACY.name] < 1
    count = int(fails.sum())
    if count == len(rows):
        raise NoDataError(
            f"None of {count} trainings predicts all its training images right, so none is at a minimum.",
            "Train longer, or larger networks.",
        )
    note = f"{count} of {len(rows)} trainings are left out: their training accuracy is below 1, so not at a minimum."
    width = rows["width"].astype("Int64").astype(object)  # a float where chains of potentials, without one, are beside
    found = rows[~fails].assign(**{TEST_ERROR: 1 - rows[TEST_ACCURACY.name], "width": width})
    return TrainedMinima(found, (note,) * bool(count))
