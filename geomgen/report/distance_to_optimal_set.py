"""Report ``distance-to-optimal-set``: how far a random initialisation is from parameters that fit, by width."""

import pandas as pd

from geomgen.config.nearest_point import NETWORK
from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import WIDTH, Axis, Panel, along, curves, fitting, of_kind
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.surface import FITTED_DISTANCE
from geomgen.report.report import Report, sources

NAME, BY_DEPTH = "distance-to-optimal-set", "distance-to-optimal-set-by-depth"
QUESTION = "How far is the optimal set from a random initialisation, and does over-parameterisation bring it nearer?"
DEPTH_QUESTION = "How far is the optimal set from a random initialisation of a deep network?"
TITLE = "Distance from the initialisation to parameters that fit exactly"
WAYS = {
    "distance_trained": "where training ends",
    "distance_nearest": "nearest point found",
    "distance_linear": "tangent kernel, sqrt(r' K^-1 r)",
}
SPECS = dict.fromkeys([*WAYS, "relative_distance"], ".4f")
KEYS = ["width", "depth", "num_equations"]
DEPTH = Axis("depth", "Hidden layers", "whole")
PANELS = (
    Panel("distance", "Distance from the initialisation", "log"),
    Panel("relative_distance", "Distance over the initial norm", "log"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the distances, and all of them by width and by depth.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no network was measured.
    """
    (source,) = REPORT.sources
    collected = tables.collect(source.table, source.remedy).latest
    rows = collected.frame[collected.frame["problem"] == NETWORK]
    if rows.empty:
        raise NoDataError("No run has the distances of networks.", source.remedy)
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, SPECS)
    options = [name for name in varying_options(rows) if name not in KEYS]
    means = averaged(rows, KEYS, list(SPECS))
    by_width, left_out = fitting(_curves(along(means, ["depth", *options], "width")))
    figures = [curves(NAME, QUESTION, by_width, WIDTH, PANELS)]
    if means["depth"].nunique() > 1:
        by_depth, deep_left_out = fitting(_curves(along(means, ["width", *options], "depth")))
        figures.append(curves(BY_DEPTH, DEPTH_QUESTION, by_depth, DEPTH, PANELS))
        left_out = [*left_out, *deep_left_out]
    return MadeReport((table,), tuple(figures), (*collected.notes, *dict.fromkeys(left_out)))


def _curves(means: pd.DataFrame) -> pd.DataFrame:
    """Return a curve for each way and series; the relative distance is that of where training ends."""
    parts = [
        of_kind(means, words).assign(distance=means[way], distance_std=means[f"{way}_std"])
        for way, words in WAYS.items()
    ]
    relative = ["relative_distance", "relative_distance_std"]
    return pd.concat([parts[0], *(part.drop(columns=relative) for part in parts[1:])], ignore_index=True)


REPORT = Report(NAME, QUESTION, sources(FITTED_DISTANCE), make)
