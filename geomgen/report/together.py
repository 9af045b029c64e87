"""Several quantities of the same runs beside each other."""

import math
from collections.abc import Mapping
from functools import reduce

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.about_runs import DIGESTS
from geomgen.report.collect import AXES, MEASURE_OPTIONS, OPTIONS, SETTING, RunTables, refined
from geomgen.report.quantity import VALUE, Selected


def together(tables: RunTables, quantities: Mapping[str, Selected]) -> pd.DataFrame:
    """Return one row per run, in the order in which they were made, with several selected quantities and its options.

    Args:
        tables: Tables of the runs.
        quantities: Selected quantities by the name of their column; of runs of all settings.

    Returns:
        Null where a run has one quantity but not another.

    Raises:
        NoDataError: If no run has any.
    """
    recorded = tuple(dict.fromkeys(name for one in quantities.values() for name in one.quantity.recorded))
    parts = {name: frame for name, one in quantities.items() if (frame := _if_any(one, tables, recorded)) is not None}
    if not parts:
        first = next(iter(quantities.values()))
        raise NoDataError(f"No run has {first.words}.", first.quantity.remedy)
    values = reduce(
        lambda left, right: left.merge(right, "outer"), (_column(name, part) for name, part in parts.items())
    )
    about = pd.concat(parts.values()).drop_duplicates("run_id", keep="first")
    joined = values.merge(about.drop(columns=[name for name in values if name in about and name != "run_id"]), "left")
    options = [name for name in (*OPTIONS, *recorded, *DIGESTS.values()) if name in joined]
    commonest = {name: joined[name].mode() for name in options if name in MEASURE_OPTIONS}
    unmeasured = {name: found.iloc[0] for name, found in commonest.items() if len(found)}
    missing = {name: math.nan for name in quantities if name not in parts}
    rows = joined.fillna(unmeasured).copy().assign(**missing)  # copied: into one block, as pandas warns of many
    rows[SETTING] = refined(rows, options)
    return _one_a_seed(rows.sort_values("run_id", kind="stable", ignore_index=True))


def _one_a_seed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per setting, width and seed: of several runs, the values of the latest that has them."""
    same = [name for name in (SETTING, *AXES) if name in rows]
    if not rows.duplicated(same).any():
        return rows
    joined = rows.groupby(same, sort=False, dropna=False, as_index=False).last()
    return joined[list(rows)].sort_values("run_id", kind="stable", ignore_index=True)


def _column(name: str, part: pd.DataFrame) -> pd.DataFrame:
    """Return a quantity's values under the name of its column, with the run and those options that it depends on."""
    about = [option for option in part if option in MEASURE_OPTIONS and part[option].notna().any()]
    return part[["run_id", *about]].assign(**{name: part[VALUE].astype(float)})


def _if_any(one: Selected, tables: RunTables, recorded: tuple[str, ...]) -> pd.DataFrame | None:
    """Return a quantity's rows without the columns that it fixes, whose names may be options of other measures too."""
    try:
        return one.of_all(tables, recorded, latest=False).drop(columns=[*one.quantity.where])
    except NoDataError:
        return None
