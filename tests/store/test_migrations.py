"""A table of an earlier version is read under today's names, and refused before a row of it would be lost."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geomgen import open_run, runs
from geomgen.config.regress import OptimalSetConfig, PolynomialConfig, RidgelessConfig
from geomgen.errors import DataError
from geomgen.experiments.export import export
from geomgen.fields import column
from geomgen.measures.regression.optimal_set import optimal_set
from geomgen.measures.regression.polynomial import polynomial
from geomgen.measures.regression.ridgeless import ridgeless
from geomgen.progress import silent
from geomgen.store.migrations import MIGRATIONS, Migration, migrated
from geomgen.store.run import Run, create_run
from geomgen.store.table import schema_of, to_table, write_table
from geomgen.tables.derivatives import JacobianRow
from geomgen.tables.registry import ROWS

REFERENCE = Path("runs/reference")
OF_THE_RUN = {"run_id", "seed", "arch", "width"}


@dataclass(frozen=True)
class Old:
    """Rows as they were."""

    layer: str = column("Layer.", key=True)
    surface: int = column("Size.", "units")


@dataclass(frozen=True)
class Renamed:
    """One column has a better name."""

    layer: str = column("Layer.", key=True)
    manifold: int = column("Size.", "units")


@dataclass(frozen=True)
class Wider:
    """A column is new, and comes before another."""

    layer: str = column("Layer.", key=True)
    note: str | None = column("Note.")
    surface: int = column("Size.", "units")


@dataclass(frozen=True)
class Stricter:
    """A column is new, and every row has it."""

    layer: str = column("Layer.", key=True)
    surface: int = column("Size.", "units")
    count: int = column("Count.")


@dataclass(frozen=True)
class Narrower:
    """A column is gone."""

    layer: str = column("Layer.", key=True)


@dataclass(frozen=True)
class Retyped:
    """A column is of another type."""

    layer: str = column("Layer.", key=True)
    surface: float = column("Size.", "units")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    made = create_run(tmp_path / "runs", "train", "r", {"seed": 0}, {})
    made.add_rows("t", [Old("a", 1), Old("b", 2)])
    made.finish("complete")
    return made


def _values(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = run._rows("t").drop_columns(["run_id", "seed"]).to_pylist()
    return rows


def test_a_column_has_its_new_name_whenever_it_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MIGRATIONS, "t", Migration(renamed={"surface": "manifold"}))
    frame = run.table("t")
    assert frame["manifold"].tolist() == [1, 2]
    assert frame.attrs["columns"]["manifold"]["unit"] == "units"
    run.add_rows("t", [Renamed("b", 3), Renamed("c", 4)])
    assert _values(run) == [{"layer": "a", "manifold": 1}, {"layer": "b", "manifold": 3}, {"layer": "c", "manifold": 4}]


def test_old_rows_have_null_in_a_new_column_that_may_be_null(run: Run) -> None:
    run.add_rows("t", [Wider("b", "new", 3)])
    assert _values(run) == [{"layer": "a", "note": None, "surface": 1}, {"layer": "b", "note": "new", "surface": 3}]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (Stricter("a", 1, 1), r"table 't' lack the column 'count' of new ones\."),
        (Narrower("a"), r"table 't' have a column 'surface' that new ones lack\."),
        (Renamed("a", 1), r"table 't' have a column 'surface' that new ones lack\."),
        (Retyped("a", 1.0), r"Column 'surface' of old rows of table 't' is int64; in new ones it is double\."),
    ],
)
def test_anything_else_is_refused_and_nothing_is_written(run: Run, row: Any, problem: str) -> None:
    path = run.table_path("t")
    before, manifest = path.read_bytes(), run.manifest
    with pytest.raises(DataError, match=problem) as refused:
        run.add_rows("t", [row])
    assert refused.value.remedy == "Measure into a new run, or use the version of geomgen that made this one."
    assert (path.read_bytes(), run.manifest) == (before, manifest)


def test_the_committed_runs_have_todays_columns() -> None:
    found = [run for run in runs(REFERENCE) if "jacobian_rank" in run.tables]
    assert found
    for run in found:
        assert [name for name in map(str, run.table("jacobian_rank")) if "dim" in name] == [
            field.name for field in schema_of(JacobianRow) if "dim" in field.name
        ]


def test_every_migration_leads_to_columns_that_there_are() -> None:
    assert set(MIGRATIONS) <= set(ROWS)
    for name, migration in MIGRATIONS.items():
        schema = schema_of(ROWS[name])
        assert set(migration.renamed.values()) <= set(schema.names)
        assert all(schema.field(column).nullable for column in migration.withdrawn)
        assert {*migration.untold} <= {field.name for field in migration.unknown}
        for field in migration.unknown:
            there = schema.field(field.name)
            assert there.type == field.type
            assert there.nullable or name.startswith("regress")  # whose old rows no new ones join
            assert (there.metadata[b"key"] == b"yes") == (field.metadata == {b"key": b"yes"})


def test_committed_tables_are_read_with_todays_columns() -> None:
    paths = {(path.stem, tuple(pq.read_schema(path).names)): path for path in REFERENCE.glob("*/tables/*.parquet")}
    assert len(paths) > len({name for name, _ in paths}), "no table of an earlier version"
    assert {name for name, _ in paths} >= set(MIGRATIONS)
    for (name, _), path in paths.items():
        found = open_run(path.parents[1]).table(name)
        assert {*found} - OF_THE_RUN == {*schema_of(ROWS[name]).names} - OF_THE_RUN, path


def test_a_column_that_old_rows_lack_is_read_as_null(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fields = pa.field("note", pa.string(), metadata={"key": "yes"}), pa.field("surface", pa.int64())
    monkeypatch.setitem(MIGRATIONS, "t", Migration(unknown=fields))
    frame = run.table("t")
    assert frame["note"].isna().tolist() == [True, True]
    assert frame["surface"].tolist() == [1, 2]
    assert frame.attrs["columns"]["note"] == {"key": "yes"}
    run.add_rows("t", [Wider("b", "new", 3)])
    assert _values(run) == [{"layer": "a", "note": None, "surface": 1}, {"layer": "b", "note": "new", "surface": 3}]


@dataclass(frozen=True)
class Finer:
    """A key is new."""

    layer: str = column("Layer.", key=True)
    bins: int | None = column("Bins.", key=True)
    surface: int = column("Size.", "units")


def test_an_old_row_that_does_not_tell_a_key_is_replaced_by_one_that_does(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    bins = pa.field("bins", pa.int64(), metadata={"key": "yes"})
    monkeypatch.setitem(MIGRATIONS, "t", Migration(unknown=(bins,), untold=("bins",)))
    for row in (Finer("b", 5, 3), Finer("b", 9, 4), Finer("b", 5, 6)):
        run.add_rows("t", [row])
    rows = [(row["layer"], row["bins"], row["surface"]) for row in _values(run)]
    assert rows == [("a", None, 1), ("b", 9, 4), ("b", 5, 6)]


def test_a_view_joins_old_and_new_rows_under_todays_names(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MIGRATIONS, "t", Migration(renamed={"surface": "manifold"}))
    other = create_run(tmp_path / "runs", "train", "s", {"seed": 1}, {})
    other.add_rows("t", [Renamed("c", 3)])
    other.finish("complete")
    (views,) = export([run, other], "duckdb-view", tmp_path)
    database = duckdb.connect()
    database.execute(views.read_text())
    assert database.sql("SELECT layer, manifold FROM t ORDER BY layer").fetchall() == [("a", 1), ("b", 2), ("c", 3)]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("regress_optimal_set", ("distance_stderr", "relative_distance_stderr")),
        ("regress_polynomial", ("test_error_stderr",)),
        ("regress_ridgeless", ("excess_risk_stderr",)),
    ],
)
def test_errors_of_an_earlier_version_are_withdrawn_where_todays_has_none(
    tmp_path: Path, name: str, columns: tuple[str, ...]
) -> None:
    rows = MADE[name]()
    made = create_run(tmp_path, "regress", "r", {"seed": 0}, {})
    made.add_rows(name, rows)
    today, old = made.table(name), made._rows(name)
    kept = old.drop_columns([unknown.name for unknown in MIGRATIONS[name].unknown])
    for name_of in columns:
        kept = kept.set_column(kept.column_names.index(name_of), name_of, pa.array([1.0] * len(rows)))
    found = migrated(name, kept)
    for name_of in columns:
        assert found[name_of].is_null().to_pylist() == today[name_of].isna().tolist()
        assert 0 < found[name_of].null_count < len(rows)


def test_a_view_withdraws_what_tables_withdraw(tmp_path: Path) -> None:
    """Beside a run of today, and one of an earlier version with other rows, each of whose errors is 1."""
    name, column = "regress_ridgeless", "excess_risk_stderr"
    today = create_run(tmp_path / "runs", "regress", "today", {"seed": 0}, {})
    today.add_rows(name, MADE[name]())
    today.finish("complete")
    old = [_earlier(tmp_path / "runs", name, column, MADE[name]()[first:]) for first in (0, 7)]
    (views,) = export([today, *old], "duckdb-view", tmp_path)
    database = duckdb.connect()
    database.execute(views.read_text())
    query = f"SELECT run_id, features FROM {name} WHERE {column} IS NULL"
    found = set(database.sql(query).fetchall())
    frames = [run.table(name) for run in (today, *old)]
    assert found == {
        (str(row["run_id"]), row["features"]) for one in frames for row in one[one[column].isna()].to_dict("records")
    }
    assert database.sql(f"SELECT count(*) FROM {name}").fetchall() == [(sum(map(len, frames)),)]
    assert "file_row_number" not in database.sql(f"SELECT * FROM {name}").columns


def _earlier(folder: Path, name: str, column: str, rows: list[Any]) -> Run:
    """Return a run of an earlier version, which had a number in every row of a column."""
    made = create_run(folder, "regress", "old", {"seed": 0}, {})
    table = to_table(made.identity, rows).drop_columns([unknown.name for unknown in MIGRATIONS[name].unknown])
    table = table.set_column(table.column_names.index(column), column, pa.array([1.0] * len(rows)))
    made.table_path(name).parent.mkdir(exist_ok=True)
    write_table(made.table_path(name), table)
    made.finish("complete")
    return made


MADE: dict[str, Callable[[], list[Any]]] = {
    "regress_optimal_set": lambda: optimal_set(
        OptimalSetConfig(samples=5, features=(1, 2, 3, 4, 5, 6, 7, 9), repetitions=6), silent
    ),
    "regress_polynomial": lambda: polynomial(
        PolynomialConfig(samples=9, degrees=tuple(range(12)), inputs="random", repetitions=6), silent
    ),
    "regress_ridgeless": lambda: ridgeless(
        RidgelessConfig(samples=9, features=tuple(range(1, 16)), repetitions=6), silent
    ),
}


def test_a_view_has_null_where_an_earlier_version_had_no_column(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(MIGRATIONS, "t", Migration(unknown=(pa.field("note", pa.string()),)))
    other = create_run(tmp_path / "runs", "train", "s", {"seed": 1}, {})
    other.add_rows("t", [Wider("c", "new", 3)])
    other.finish("complete")
    for found, expected in (
        ([run], [("a", None), ("b", None)]),
        ([run, other], [("a", None), ("b", None), ("c", "new")]),
    ):
        (views,) = export(found, "duckdb-view", tmp_path)
        database = duckdb.connect()
        database.execute(views.read_text())
        assert database.sql("SELECT layer, note FROM t ORDER BY layer").fetchall() == expected


def test_a_table_without_migrations_stays_as_it_is(run: Run) -> None:
    table = open_run(run.path)._rows("t")
    assert migrated("other", table).equals(table)


def test_natural_logarithms_at_points_of_the_optimal_set_have_their_unit_in_their_names() -> None:
    found = migrated("optimal_set_points", pa.table({"law": ["drawn"], "log_trace": [1.0], "log_volume": [-2.0]}))
    unknown = {"r_hat": None, "effective_samples": None, "converged": None}
    assert found.to_pylist() == [{"law": "drawn", "log_trace_nats": 1.0, "log_volume_nats": -2.0, **unknown}]
