"""Report ``distance-to-optimal-set``: how far a random initialisation is from parameters that fit, by width."""

import pandas as pd

from geomgen.config.nearest_point import NETWORK
from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import WIDTH, Panel, curves, fitting, named, of_kind
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.surface import FITTED_DISTANCE
from geomgen.report.report import Report, sources

NAME = "distance-to-optimal-set"
QUESTION = "How far is the optimal set from a random initialisation, and does over-parameterisation bring it nearer?"
TITLE = "Distance from the initialisation to parameters that fit exactly"
WAYS = {
    "distance_trained": "where training ends",
    "distance_nearest": "nearest point found",
    "distance_linear": "tangent kernel, sqrt(r' K^-1 r)",
}
SPECS = dict.fromkeys([*WAYS, "relative_distance"], ".4f")
KEYS = ["width", "num_equations"]
PANELS = (
    Panel("distance", "Distance from the initialisation", "log"),
    Panel("relative_distance", "Distance over the initial norm", "log"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the distances, and all of them by width.

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
    numbers, left_out = fitting(_curves(averaged(rows, KEYS, list(SPECS)), options))
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, WIDTH, PANELS),), (*collected.notes, *left_out))


def _curves(means: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    """Return a curve for each way and setting; the relative distance is that of where training ends."""
    means = named(means, options)
    parts = [
        of_kind(means, words).assign(distance=means[way], distance_std=means[f"{way}_std"])
        for way, words in WAYS.items()
    ]
    relative = ["relative_distance", "relative_distance_std"]
    return pd.concat([parts[0], *(part.drop(columns=relative) for part in parts[1:])], ignore_index=True)


REPORT = Report(NAME, QUESTION, sources(FITTED_DISTANCE), make)
