"""Runs that share all options except the seed, and which of several such groups a figure shows."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from geomgen.report.collect import default_training, varying_options
from geomgen.report.content import text


def largest_group(rows: pd.DataFrame, *free: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of one group of runs that agree in all other options, and a note on the others.

    It is the group with the most values of the free options; ties go to the most runs, then to the latest.

    Args:
        rows: Collected rows.
        free: Options that may be anything, with width and seed.

    Returns:
        The rows, and at most one note.
    """
    options = [name for name in varying_options(rows) if name not in free]
    if not options:
        return rows, []
    runs = rows.drop_duplicates("run_id", keep="last")
    labels = runs[options].astype(object).apply(lambda row: label(options, row), axis=1)
    groups = {name: runs[labels == name] for name in labels}
    ranks = {
        name: (len(group[list(free)].drop_duplicates()) if free else 0, len(group)) for name, group in groups.items()
    }
    chosen = next(name for name in reversed(labels.tolist()) if ranks[name] == max(ranks.values()))
    kept = rows["run_id"].isin(groups[chosen]["run_id"])
    other = len(runs) - len(groups[chosen])
    return rows[kept], [f"Only the runs with {chosen} are shown; {other} with other options are not."]


def label(names: list[str], values: Any) -> str:
    """Return options and their values in words: ``epochs 10, lr 0.001``."""
    return ", ".join(f"{name.replace('_', ' ')} {text(values[name])}" for name in names)


def unusual(names: Iterable[str], run: Mapping[str, Any]) -> str:
    """Return the options, among those named, in which a run differs from its architecture's defaults, in words."""
    usual = default_training(run["arch"])
    own = [name for name in names if name in usual and name != "arch" and text(run[name]) != text(usual[name])]
    return label(own, run)


def mean_over_seeds(rows: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Return the mean of columns over seeds, with their spread (``_std``) and the number of ``seeds``.

    Args:
        rows: One per seed and combination of keys.
        keys: Columns that distinguish the groups, sorted by the first, then the next.
        values: Columns that are averaged.
    """
    groups = rows.groupby(keys, dropna=False, sort=True, observed=True)
    means, spreads = groups[values].mean(), groups[values].std().add_suffix("_std")
    frame = pd.concat([means, groups["seed"].nunique().rename("seeds"), spreads], axis=1).reset_index()
    return frame.astype(dict.fromkeys(frame.select_dtypes("category"), object))


def in_order(words: pd.Series, order: Iterable[str]) -> pd.Series:
    """Return words that sort in the given order, and after them those that are not in it."""
    known = list(order)
    return words.astype(pd.CategoricalDtype([*known, *sorted(set(words) - set(known))], ordered=True))


def with_spread(row: Mapping[str, Any], name: str, digits: int) -> str:
    """Return a mean over seeds and, if there are several, its spread: ``0.614 ± 0.003``."""
    mean, spread = text(row[name], f".{digits}f"), row[f"{name}_std"]
    return mean if pd.isna(spread) else f"{mean} ± {spread:.{digits}f}"
