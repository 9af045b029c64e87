"""Part of report ``emc``: complexity by width beside the test error of networks of the same training procedure."""

import numpy as np
import pandas as pd

from geomgen.config.base import bearing_options
from geomgen.config.procedure import ProcedureConfig
from geomgen.report.averages import averaged
from geomgen.report.collect import AXES, RunTables
from geomgen.report.content import MadeFigure
from geomgen.report.curves import Axis, Panel, curves
from geomgen.report.quantities.noisy_labels import TABLE, TEST_ERROR, Series, noisy, series_along

NAME = "emc-beside-test-error"
QUESTION = "Does the test error peak where the effective model complexity equals the number of training images?"
AXIS = Axis("width", "Width", "doubling")
PROCEDURE = [name for name in bearing_options(ProcedureConfig) if name not in AXES]
PANELS = (
    Panel("test_error", "Test error (fraction)"),
    Panel("emc_over_images", "Complexity / training images\n(at least, where all tried are fitted)", level=1),
)


def part(tables: RunTables, complexities: pd.DataFrame) -> tuple[MadeFigure, ...]:
    """Return the figure of all series along width whose procedure has a complexity at some width.

    Args:
        tables: Tables of the runs.
        complexities: Rows of ``emc``.
    """
    if not tables.has(TABLE):
        return ()
    rows = noisy(tables.collect(TABLE, TEST_ERROR.remedy).latest.frame)
    found = [_points(series, complexities) for series in series_along(rows, "width")]
    known = [points for points in found if points["emc_over_images"].notna().any()]
    return (curves(NAME, QUESTION, pd.concat(known, ignore_index=True), AXIS, PANELS),) if known else ()


def _points(series: Series, complexities: pd.DataFrame) -> pd.DataFrame:
    """Return the mean test error by width, and the complexity over the number of images where it is known."""
    procedure = series.rows[PROCEDURE].iloc[0]
    same = complexities[PROCEDURE].eq(procedure) | (complexities[PROCEDURE].isna() & procedure.isna())
    emc = complexities[same.all(axis=1) & (complexities["emc"] > 0)].groupby("width")["emc"].mean()
    means = averaged(series.rows, ["width"], ["test_error"])
    ratio = means["width"].map(emc).astype(float) / float(series.rows["train_size"].iloc[0])
    return means[["width", "test_error", "test_error_std"]].assign(
        series=series.name, emc_over_images=np.asarray(ratio)
    )
