"""Judges of the first text's claims on the path of training."""

import numpy as np

from geomgen.errors import NoDataError
from geomgen.report.claims.claim import Measured, Tables
from geomgen.report.claims.intervals import below, mean_interval, slope_interval, within
from geomgen.report.claims.protocol import MADE_BY, at_protocol, by_seed, seed_words

TABLE = "training"
WIDTH = 512


def is_brownian(tables: Tables) -> Measured:
    """Judge T1.16a: exponent of distance from initialisation against steps at width 512."""
    rows = at_protocol(tables[TABLE])
    rows = rows[rows["width"] == WIDTH]
    if rows["epoch"].nunique() < 2:
        raise NoDataError(f"Not measured yet at width {WIDTH} over several epochs.", MADE_BY)
    runs = [run for _, run in rows.groupby("seed")]
    exponents = [np.polyfit(np.log(run["step"]), np.log(run["distance"]), 1)[0] for run in runs]
    found = mean_interval(exponents)
    last = rows[rows["epoch"] == rows["epoch"].max()]
    straightness = float((last["distance"] / last["path_length"]).mean())
    evidence = f"{len(runs)} seeds; the final distance from initialisation is {straightness:.1%} of the path length."
    return Measured(within(found, 0.4, 0.6), evidence, found.value, found.low, found.high)


def stays_close(tables: Tables) -> Measured:
    """Judge T1.17: exponent of the final relative distance against width."""
    rows = at_protocol(tables[TABLE])
    found = by_seed(rows[rows["epoch"] == rows["epoch"].max()], "relative_distance")
    widths = found.index.get_level_values("width").to_numpy(float)
    if len(set(widths)) < 3:
        raise NoDataError("Fewer than three widths have been measured.", MADE_BY)
    slope, _ = slope_interval(np.log(widths), np.log(found.to_numpy()))
    evidence = f"{seed_words(found)}; parameters move {found.min():.2g} to {found.max():.2g} times their initial norm."
    return Measured(below(slope), evidence, slope.value, slope.low, slope.high)
