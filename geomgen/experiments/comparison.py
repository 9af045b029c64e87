"""``geomgen compare``: what differs between runs, in config, environment and tables."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from geomgen.errors import UsageError
from geomgen.store.identity import NetworkIdentity
from geomgen.store.run import Run

WALL_TIME = "wall_time_s"
SHARED = [field.name for field in fields(NetworkIdentity)]
OCCURRENCE = "#"
OTHER = " of the other"


@dataclass(frozen=True)
class Difference:
    """One difference between a run and the first run.

    Attributes:
        run_id: The run that is compared with the first.
        part: config, facts, environment, or a table.
        name: Option, fact, package or column; ``rows`` for rows that only one of the two has.
        first: Value in the first run; for a column, where the difference is largest.
        other: Value in the other.
        num_differing: For a column, rows that differ; for ``rows``, rows that only one of the two has.
        largest_absolute: Largest absolute difference in a numeric column.
        largest_relative: Largest difference relative to the larger of the two magnitudes.
    """

    run_id: str
    part: str
    name: str
    first: Any
    other: Any
    num_differing: int | None = None
    largest_absolute: float | None = None
    largest_relative: float | None = None


def compare(runs: Sequence[Run], *, wall_times: bool = False) -> pd.DataFrame:
    """Return one row for each difference between a run and the first; none if they are equal.

    Rows of tables are matched by their key columns, except those that a run's config gives to all of its rows.

    Args:
        runs: At least two.
        wall_times: Whether columns of wall time count.

    Raises:
        UsageError: If there are fewer than two.
        DataError: If a run is damaged.
    """
    if len(runs) < 2:
        raise UsageError("There is nothing to compare a single run with.", "Name two or more runs.")
    found = chain.from_iterable(_differences(runs[0], other, wall_times) for other in runs[1:])
    return pd.DataFrame(list(found), columns=[field.name for field in fields(Difference)], dtype=object)


def _differences(first: Run, other: Run, wall_times: bool) -> Iterator[Difference]:
    yield from _of_mappings(
        other.id,
        "config",
        {"experiment": first.experiment, **first.config},
        {"experiment": other.experiment, **other.config},
    )
    yield from _of_mappings(other.id, "facts", first.facts, other.facts)
    yield from _of_mappings(other.id, "environment", _flat(first.environment), _flat(other.environment))
    for table in sorted({*first.tables, *other.tables}):
        if table in first.tables and table in other.tables:
            yield from _of_tables(other.id, table, first.table(table), other.table(table), wall_times)
        else:
            there = [f"{len(run.table(table))} rows" if table in run.tables else None for run in (first, other)]
            yield Difference(other.id, table, "rows", there[0], there[1])


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return an environment with each package's version next to its other values."""
    return {**{name: value for name, value in values.items() if name != "packages"}, **values.get("packages", {})}


def _of_mappings(run_id: str, part: str, first: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys([*first, *other]):
        if first.get(name) != other.get(name):
            yield Difference(run_id, part, name, _cell(first.get(name)), _cell(other.get(name)))


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, (list, dict)) else value


def _of_tables(
    run_id: str, table: str, first: pd.DataFrame, other: pd.DataFrame, wall_times: bool
) -> Iterator[Difference]:
    names = [str(name) for name in dict.fromkeys([*first, *other]) if name not in SHARED]
    both = [name for name in names if name in first and name in other]
    for name in names:
        if name not in both:
            there = ["a column" if name in frame else None for frame in (first, other)]
            yield Difference(run_id, table, name, there[0], there[1])
    keys = [name for name in both if first.attrs["columns"][name].get("key")]
    matched = _numbered(first, keys).merge(_numbered(other, keys), on=[*keys, OCCURRENCE], suffixes=("", OTHER))
    alone = [len(frame) - len(matched) for frame in (first, other)]
    if any(alone):
        first_alone, other_alone = alone
        yield Difference(run_id, table, "rows", f"{first_alone} only here", f"{other_alone} only here", sum(alone))
    for name in both:
        if name not in keys and (wall_times or not name.endswith(WALL_TIME)):
            yield from _of_columns(run_id, table, matched[name], matched[f"{name}{OTHER}"])


def _numbered(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return a frame in which rows with the same keys are distinguished by their order."""
    count = frame.groupby(keys, dropna=False).cumcount() if keys else range(len(frame))
    return frame.astype(dict.fromkeys(keys, object)).assign(**{OCCURRENCE: count})


def _of_columns(run_id: str, table: str, first: "pd.Series[Any]", other: "pd.Series[Any]") -> Iterator[Difference]:
    equal = (first == other).fillna(value=False).astype(bool)
    differs = ~(equal | (first.isna() & other.isna()))
    first, other = first[differs], other[differs]
    if first.empty:
        return
    gap = _gap(first, other)
    if gap is None:
        yield Difference(run_id, table, str(first.name), first.iloc[0], other.iloc[0], len(first))
        return
    where, scale = int(gap.argmax()), first.astype(float).abs().combine(other.astype(float).abs(), max)
    relative = float((gap / scale).fillna(math.inf).max())
    at = first.iloc[where], other.iloc[where]
    yield Difference(run_id, table, str(first.name), *at, len(first), float(gap.max()), relative)


def _gap(first: "pd.Series[Any]", other: "pd.Series[Any]") -> "pd.Series[Any] | None":
    """Return the absolute difference of two numeric columns, infinite where one is missing; None for text."""
    numbers = all(is_numeric_dtype(column) and not is_bool_dtype(column) for column in (first, other))
    return (first - other).abs().astype(float).fillna(math.inf) if numbers else None
