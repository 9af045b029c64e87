"""Volume, curvature and test error of trained networks beside each other."""

import pandas as pd

from geomgen.report.collect import RunTables
from geomgen.report.quantities.parameter_volume import LOG_VOLUME, OF_MINIMA
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.together import together

TEST_ERROR = "test_error"
FREE = ("lr", "batch_size", "weight_decay")
"""Options that trainings may differ in and be compared."""


def trained_minima(tables: RunTables) -> pd.DataFrame:
    """Return one row per run whose parameters' volume was measured, with its options and test error.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there is none.
    """
    LOG_VOLUME.rows(tables)
    rows = together(tables, OF_MINIMA)
    volumes = [name for name in OF_MINIMA if name != TEST_ACCURACY.name]
    rows = rows[rows[volumes].notna().any(axis=1)]
    return rows.assign(**{TEST_ERROR: 1 - rows[TEST_ACCURACY.name]})
