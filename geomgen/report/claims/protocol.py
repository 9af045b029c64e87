"""The rows that a claim is judged by: runs of the published protocol, the latest of each seed."""

from itertools import groupby
from operator import itemgetter
from typing import Any

import pandas as pd

from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import latest_runs, trained_as

MADE_BY = "Make such runs with the claim's commands."


def at_protocol(frame: pd.DataFrame, *free: str, **changed: Any) -> pd.DataFrame:
    """Return the rows of runs trained as published, except for width, seed and the options named here.

    Args:
        frame: Collected rows.
        free: Options that may be anything.
        changed: Options that must be this instead.

    Raises:
        NoDataError: If there are none.
    """
    runs = frame.drop_duplicates("run_id")
    fits = trained_as(runs, TrainConfig(**changed), free)
    if not fits.any():
        words = "".join(f", {name} {value}" for name, value in changed.items())
        raise NoDataError(f"No run of the published protocol{words} has been measured.", MADE_BY)
    return latest_runs(frame[frame["run_id"].isin(runs["run_id"][fits])])[0]


def penultimate(frame: pd.DataFrame, **keys: str) -> pd.DataFrame:
    """Return the rows of the penultimate layer before its nonlinearity, with these key columns.

    Raises:
        NoDataError: If there are none.
    """
    fits = (frame["layer"] == frame["penultimate"]) & (frame["site"] == "pre")
    for name, value in keys.items():
        fits &= frame[name] == value
    if not fits.any():
        raise NoDataError(f"The penultimate layer has not been measured with {', '.join(keys.values())}.", MADE_BY)
    return frame[fits]


def by_seed(frame: pd.DataFrame, value: str) -> pd.Series:
    """Return a column indexed by width and seed; a width and seed must have one row."""
    return frame.set_index(["width", "seed"])[value].sort_index()


def require_widths(found: pd.Series | pd.DataFrame, *widths: int) -> None:
    """Raise an error unless these widths were measured.

    Args:
        found: Indexed by width and seed.
        widths: All of them are needed.

    Raises:
        NoDataError: If one was not.
    """
    missing = [str(width) for width in widths if width not in found.index.get_level_values("width")]
    if missing:
        raise NoDataError(f"Not measured yet at width {', '.join(missing)}.", MADE_BY)


def largest_width(*found: pd.Series) -> int:
    """Return the largest width that all of these were measured at.

    Raises:
        NoDataError: If there is none.
    """
    common = set.intersection(*(set(values.index.get_level_values("width")) for values in found))
    if not common:
        raise NoDataError("No width has been measured with all the options that the claim compares.", MADE_BY)
    return int(max(common))


def seed_words(found: pd.Series | pd.DataFrame) -> str:
    """Return how many seeds there are of each width: ``Seeds: 3 of widths 128 to 2048, 1 of width 4096``."""
    counts = found.groupby(level="width").size()
    stretches = [list(stretch) for _, stretch in groupby(counts.items(), key=itemgetter(1))]
    words = [f"{stretch[0][1]} of {_span([width for width, _ in stretch])}" for stretch in stretches]
    return f"Seeds: {', '.join(words)}"


def _span(widths: list[Any]) -> str:
    return f"width {widths[0]}" if len(widths) == 1 else f"widths {widths[0]} to {widths[-1]}"
