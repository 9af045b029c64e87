"""What may be averaged: rows of one setting that differ in nothing but the seed; and how settings are told apart."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geomgen.report.about_runs import default_training, defaults_of
from geomgen.report.collect import SETTING, chosen_options, refined, varying_options
from geomgen.report.content import exact

Row = Mapping[str, Any] | pd.Series
"""Values by the names of their columns."""
DIGITS = re.compile(r"(\d+)")


def averaged(rows: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Return means over seeds of rows that share their setting, width and keys: the only place that averages runs.

    Args:
        rows: Collected rows, the latest of each seed.
        keys: Columns of the result that distinguish its rows within a setting, sorted by the first, then the next.
        values: Columns that are averaged.

    Returns:
        One row per setting, width and combination of keys: ``arch`` and ``width`` if they are keys, the options that
        tell the settings apart, the other keys, the means, the number of ``seeds`` (1 if it is not known, as of an
        imported network), and the spreads over them (``_std``; null for one seed). Of a mean that some row has of
        fewer seeds, as not all were measured, their number too (``_seeds``).

    Raises:
        ValueError: If a seed has several rows with the same keys.
    """
    options = [name for name in varying_options(rows) if name not in keys]
    names = _columns(rows, keys, options)
    counted = rows.assign(**{name: in_counting_order(rows[name]) for name in names})
    grouped = counted.groupby([*names, SETTING], dropna=False, sort=True, observed=True)
    seeds = grouped["seed"].nunique(dropna=False).rename("seeds")
    if (seeds < grouped.size()).any():
        raise ValueError(f"{', '.join(keys)} do not distinguish the rows of a seed")
    means, spreads = grouped[values].mean(), grouped[values].std().add_suffix("_std")
    counts = grouped[values].count()
    some = (counts > 0) & counts.lt(seeds, axis=0)
    fewer = counts.loc[:, some.any()].add_suffix("_seeds")
    frame = pd.concat([means, seeds, spreads, fewer], axis=1).reset_index()
    frame[options] = rows.drop_duplicates(SETTING).set_index(SETTING).loc[frame[SETTING], options].to_numpy()
    return frame.drop(columns=SETTING).astype(dict.fromkeys(frame.select_dtypes("category"), object))


def _columns(rows: pd.DataFrame, keys: list[str], options: list[str]) -> list[str]:
    """Return the columns that tell the groups apart: options after the network's size, then the other keys."""
    leading = [name for name in ("arch", "width") if name in keys]
    width = ["width"] if "width" in rows and "width" not in keys and rows["width"].nunique() > 1 else []
    return [*leading, *width, *options, *(name for name in keys if name not in leading)]


def split(rows: pd.DataFrame, *along: str) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows of each setting, with a label that tells it from the others.

    Args:
        rows: Collected rows.
        along: Options that may be anything within a part; a curve runs along them.

    Returns:
        Label and rows in the order in which the settings appear; one empty label if there is one setting.
    """
    names = [name for name in varying_options(rows) if name not in along]
    if not names:
        return [("", rows)]
    first = (chosen_options(rows) if "arch" in along else rows.drop_duplicates(SETTING)).set_index(SETTING)
    parts = rows[SETTING].map(refined(first, names))
    return [(label(names, first.loc[group[SETTING].iloc[0]]), group) for _, group in rows.groupby(parts, sort=False)]


def last_runs(rows: pd.DataFrame, most: int) -> tuple[dict[str, str], list[str]]:
    """Return the run of each setting's last seed with the setting's label, for figures that show single runs.

    Args:
        rows: Collected rows.
        most: Settings that are shown.

    Returns:
        Label by run, and at most one note on the settings that are left out.
    """
    names = {
        str(part.sort_values(["seed", "run_id"])["run_id"].iloc[-1]): words or "networks" for words, part in split(rows)
    }
    left = [f"The figures leave out {len(names) - most} of {len(names)} settings."] * (len(names) > most)
    return dict(list(names.items())[:most]), left


def largest_group(rows: pd.DataFrame, *free: str, idle: tuple[str, ...] = ()) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of one setting, and a note on the others.

    It is the setting with the most values of the free options; ties go to the most runs, then to the latest.

    Args:
        rows: Collected rows.
        free: Options that may be anything, with width and seed.
        idle: Options that have no bearing on the numbers, so that more values of them are no more of a setting.

    Returns:
        The rows, and at most one note.
    """
    parts = split(rows, *free, *idle)
    ranks = [
        (len(part[list(free)].drop_duplicates()) if free else 0, part["run_id"].nunique(), part["run_id"].max())
        for _, part in parts
    ]
    if len(parts) <= 1:
        return rows, []
    words, chosen = parts[ranks.index(max(ranks))]
    others = rows["run_id"].nunique() - chosen["run_id"].nunique()
    return chosen, [f"Only the runs with {words} are shown; {others} with other options are not."]


def label(names: Iterable[str], values: Row) -> str:
    """Return options and their values in words, those that have one: ``epochs 10, lr 0.001``; or ``no bandwidth``."""
    words = {name.replace("_", " "): values[name] for name in names}
    given = [f"{name} {exact(value)}" for name, value in words.items() if not pd.isna(value)]
    return ", ".join(given) or ", ".join(f"no {name}" for name in words)


def unusual(names: Iterable[str], run: Row) -> str:
    """Return the options, among those named, in which a run differs from the defaults of its architecture, in words.

    Without an architecture, from those of its ``experiment``.
    """
    usual = default_training(run["arch"]) if "arch" in run else defaults_of(run["experiment"])
    own = [name for name in names if name != "arch" and (name not in usual or exact(run[name]) != exact(usual[name]))]
    return label(own, run)


def network(names: Iterable[str], run: Row, *, sized: bool = True) -> str:
    """Return a run's architecture and width with the options, among those named, that are not its defaults.

    Args:
        names: Names of options.
        run: The run.
        sized: Whether the width is named.
    """
    size = [f"width {run['width']}"] if sized else []
    return ", ".join(filter(None, [run["arch"], *size, unusual(names, run)]))


def in_counting_order(values: pd.Series) -> pd.Series:
    """Return words that sort by the numbers in them, ``20,20`` before ``160``; anything else as it is."""
    known = set(values.dropna()) if values.dtype != "category" else set()
    if not known or not all(isinstance(value, str) for value in known):
        return values
    return values.astype(pd.CategoricalDtype(sorted(known, key=_numbers), ordered=True))


def _numbers(words: str) -> list[str | int]:
    """Return text and numbers in turn, as they follow each other in words."""
    return [int(part) if place % 2 else part for place, part in enumerate(DIGITS.split(words))]


def in_order(words: pd.Series, order: Iterable[str]) -> pd.Series:
    """Return words that sort in the given order, and after them those that are not in it."""
    known = list(order)
    return words.astype(pd.CategoricalDtype([*known, *sorted(set(words) - set(known))], ordered=True))
