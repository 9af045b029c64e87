"""In what runs differ, to the value."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from geomgen.errors import UsageError
from geomgen.experiments.comparison import compare
from geomgen.fields import column
from geomgen.store.run import Run, create_run


@dataclass(frozen=True)
class Row:
    """A row of columns."""

    layer: str = column("Layer.", key=True)
    value: float | None = column("Value.", "nats")
    count: int = column("Count.")
    kind: str = column("Word.")
    eval_wall_time_s: float = column("Time.", "s")


def _made(root: Path, rows: list[Row], facts: Mapping[str, Any] | None = None, **options: Any) -> Run:
    config = {"arch": "mlp", "width": 4, "seed": 0, **options}
    run = create_run(root, "train", "x", config, facts or {})
    if rows:
        run.add_rows("table", rows)
    run.finish("complete")
    return run


def _differences(*runs: Run, **options: bool) -> list[tuple[Any, ...]]:
    frame = compare(runs, **options)
    return [tuple(None if pd.isna(value) else value for value in row)[1:] for row in frame.itertuples(index=False)]


def test_equal_runs_do_not_differ_but_in_wall_time(tmp_path: Path) -> None:
    first, other = (
        _made(tmp_path, [Row("a", math.nan, 1, "x", time), Row("b", None, 2, "y", 1.0)]) for time in (1.0, 3.0)
    )
    assert _differences(first, other) == []
    assert _differences(first, other, wall_times=True) == [("table", "eval_wall_time_s", 1.0, 3.0, 1, 2.0, 2 / 3)]


def test_the_largest_differences_are_found_and_where(tmp_path: Path) -> None:
    first = _made(tmp_path, [Row("a", 1.0, 1, "x", 1.0), Row("b", -100.0, 2, "x", 1.0), Row("c", 0.0, 3, "x", 1.0)])
    other = _made(tmp_path, [Row("c", 0.0, 3, "x", 1.0), Row("b", -90.0, 2, "z", 1.0), Row("a", 2.0, 5, "x", 1.0)])
    assert _differences(first, other) == [
        ("table", "value", -100.0, -90.0, 2, 10.0, 0.5),
        ("table", "count", 1, 5, 1, 4.0, 0.8),
        ("table", "kind", "x", "z", 1, None, None),
    ]


def test_rows_and_tables_that_one_run_lacks(tmp_path: Path) -> None:
    first = _made(tmp_path, [Row("a", 1.0, 1, "x", 1.0), Row("a", 1.0, 1, "x", 1.0), Row("b", 1.0, 1, "x", 1.0)])
    assert _differences(first, _made(tmp_path, [Row("a", 1.0, 1, "x", 1.0)])) == [
        ("table", "rows", "2 only here", "0 only here", 2, None, None)
    ]
    assert _differences(first, _made(tmp_path, [])) == [("table", "rows", "3 rows", None, None, None, None)]


def test_missing_and_infinite_numbers(tmp_path: Path) -> None:
    first = _made(tmp_path, [Row("a", None, 1, "x", 1.0), Row("b", math.inf, 1, "x", 1.0)])
    other = _made(tmp_path, [Row("a", 5.0, 1, "x", 1.0), Row("b", math.inf, 1, "x", 1.0)])
    assert _differences(first, other) == [("table", "value", None, 5.0, 1, math.inf, math.inf)]


def test_options_and_facts_and_the_columns_that_they_give_to_every_row(tmp_path: Path) -> None:
    first = _made(tmp_path, [Row("a", 1.0, 1, "x", 1.0)], {"layers": ["a"]})
    other = _made(tmp_path, [Row("a", 1.0, 1, "x", 1.0)], {"layers": ["b"]}, width=8, data="mnist")
    assert _differences(first, other) == [
        ("config", "width", 4, 8, None, None, None),
        ("config", "data", None, "mnist", None, None, None),
        ("facts", "layers", "['a']", "['b']", None, None, None),
    ]
    assert set(compare([first, other, first])["run_id"]) == {other.id}


def test_a_single_run_is_compared_with_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to compare a single run with"):
        compare([_made(tmp_path, [])])
