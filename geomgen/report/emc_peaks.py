"""Part of report ``emc``: complexity by width beside the test error of networks of the same training procedure."""

import numpy as np
import pandas as pd

from geomgen.config.base import bearing_options
from geomgen.config.procedure import ProcedureConfig
from geomgen.report.about_runs import DIGESTS
from geomgen.report.averages import averaged, largest_group
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
    Panel("emc_over_images", "Complexity / training images\n(at least, where a seed fits all tried)", level=1),
)


def part(tables: RunTables, complexities: pd.DataFrame) -> tuple[tuple[MadeFigure, ...], tuple[str, ...]]:
    """Return the figure of all series along width whose procedure has a complexity at some width, and notes on it.

    Args:
        tables: Tables of the runs.
        complexities: Rows of ``emc``, the latest of each seed.
    """
    if not tables.has(TABLE):
        return (), ()
    rows = noisy(tables.collect(TABLE, TEST_ERROR.remedy).latest.frame)
    found = [_points(series, complexities) for series in series_along(rows, "width")]
    known = [points for points, _ in found if points["emc_over_images"].notna().any()]
    notes = dict.fromkeys(f"{NAME}: {note}" for _, said in found for note in said)
    figures = (curves(NAME, QUESTION, pd.concat(known, ignore_index=True), AXIS, PANELS),) if known else ()
    return figures, tuple(notes)


def _points(series: Series, complexities: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the mean test error by width, and the complexity over the number of images where it is known; and notes.

    The complexities are of the same procedure, data and code, and of one search: thresholds are not mixed.
    """
    named = [*PROCEDURE, *(digest for digest in DIGESTS.values() if digest in complexities and digest in series.rows)]
    procedure = series.rows[named].iloc[0]
    same = complexities[named].eq(procedure) | (complexities[named].isna() & procedure.isna())
    found, notes = largest_group(complexities[same.all(axis=1)])
    means = averaged(series.rows, ["width"], ["test_error"])
    ratio = means["width"].map(_by_width(found)).astype(float) / float(series.rows["train_size"].iloc[0])
    points = means[["width", "test_error", "test_error_std"]].assign(
        series=series.name, emc_over_images=np.asarray(ratio)
    )
    return points, notes


def _by_width(rows: pd.DataFrame) -> pd.Series:
    """Return the mean complexity by width; none where that of a seed is below all that were tried."""
    below = rows.loc[rows["outcome"] == "below", "width"]
    known = rows[~rows["width"].isin(below)]
    return averaged(known, ["width"], ["emc"]).set_index("width")["emc"] if len(known) else pd.Series(dtype=float)
