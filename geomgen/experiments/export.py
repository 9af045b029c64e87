"""``geomgen export``: the contents of finished runs, converted from their files for other programs."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from geomgen.errors import UsageError
from geomgen.experiments.export_services import to_mlflow, to_tensorboard
from geomgen.report.content import Printable
from geomgen.report.formats import render
from geomgen.store.files import disk_errors, write_bytes
from geomgen.store.layout import table_file
from geomgen.store.migrations import renamed_columns, unknown_columns, withdrawn_rows
from geomgen.store.outside import require_outside_runs
from geomgen.store.run import Run

VIEWS = "views.sql"
WILDCARDS = "*?["
TEXT, IDENTIFIER = "'", '"'
ROW_NUMBER = "file_row_number"
"""Column that DuckDB adds to a Parquet file's."""


def export(runs: Sequence[Run], target: str, out: Path) -> list[Path]:
    """Write runs for another program.

    Args:
        runs: At least one; one that is named twice counts once.
        target: One of `TARGETS`.
        out: A folder, created if it does not exist; earlier files of the same names are replaced, each whole.

    Returns:
        The files.

    Raises:
        UsageError: If there is no such target, a package that it needs is not installed, the folder is in a run, or two
            folders of runs have other tables under the same id.
        DataError: If a run is unfinished or damaged, or lacks the table that the target needs.
        DiskError: If the disk refuses.
    """
    if target not in TARGETS:
        raise UsageError(f"--to '{target}' is not known.", f"Choose one of: {', '.join(TARGETS)}.")
    require_outside_runs(out, "--out")
    distinct = _distinct(runs)
    contents = TARGETS[target](distinct)
    for name, content in contents.items():
        with disk_errors(out / name):
            (out / name).parent.mkdir(parents=True, exist_ok=True)
        write_bytes(out / name, content)
    return [out / name for name in contents]


def _distinct(runs: Sequence[Run]) -> list[Run]:
    """Return finished runs, each once."""
    found: dict[str, Run] = {}
    for run in runs:
        earlier = found.setdefault(run.id, run)
        if _tables(earlier) != _tables(run):
            problem = f"{earlier.path} and {run.path} are both {run.id}, but with other tables."
            raise UsageError(problem, "Name one of them.")
    return list(found.values())


def _tables(run: Run) -> dict[str, object]:
    return {name: run.require_finished().files.get(table_file(name)) for name in run.tables}


def to_csv(runs: Sequence[Run]) -> dict[str, bytes]:
    """Return a CSV file of each table, with the rows of all runs that have it."""
    frames = {name: _rows(found, name) for name, found in _by_table(runs).items()}
    return {f"{name}.csv": render(Printable(name, frame, frame), "csv").encode() for name, frame in frames.items()}


def _rows(runs: Sequence[Run], table: str) -> pd.DataFrame:
    """Return the rows of all runs; integers stay integers even if some runs lack their column."""
    frames = [run.table(table) for run in runs]
    whole = [frame.astype(dict.fromkeys(frame.select_dtypes("integer"), "Int64")) for frame in frames]
    return pd.concat(whole, ignore_index=True)


def _by_table(runs: Sequence[Run]) -> dict[str, list[Run]]:
    names = sorted({name for run in runs for name in run.tables})
    return {name: [run for run in runs if name in run.tables] for name in names}


def to_duckdb_view(runs: Sequence[Run]) -> dict[str, bytes]:
    """Return SQL that makes a view of each table over the Parquet files of all runs that have it."""
    views = [_view(name, found) for name, found in _by_table(runs).items()]
    heading = f"-- Tables of geomgen as views. Number of runs: {len(runs)}. Use them with: duckdb -init {VIEWS}"
    return {VIEWS: ("\n\n".join([heading, *views]) + "\n").encode()}


def _view(table: str, runs: Sequence[Run]) -> str:
    files: dict[str, list[Path]] = {}
    for run in runs:
        path = run.checked_table(table).resolve()
        files.setdefault(_columns(table, path), []).append(path)
    parts = "\nUNION ALL BY NAME ".join(f"SELECT {words} FROM {_reading(paths)}" for words, paths in files.items())
    return f"CREATE OR REPLACE VIEW {_quoted(table, IDENTIFIER)} AS {parts};"


def _columns(table: str, path: Path) -> str:
    """Return the SQL of a file's columns: an earlier version's under current names, and nulls where it had none.

    Numbers that it had where there are none are null too.
    """
    renamed = [_named(_quoted(old, IDENTIFIER), new) for old, new in renamed_columns(table, path).items()]
    withdrawn = [_named(_unless(rows, name), name) for name, rows in withdrawn_rows(table, path).items()]
    star = "".join([
        f"* EXCLUDE ({ROW_NUMBER})",
        f" REPLACE ({', '.join(withdrawn)})" if withdrawn else "",
        f" RENAME ({', '.join(renamed)})" if renamed else "",
    ])
    return ", ".join([star, *(_named("NULL", name) for name in unknown_columns(table, path))])


def _named(expression: str, name: str) -> str:
    return f"{expression} AS {_quoted(name, IDENTIFIER)}"


def _unless(rows: Sequence[int], name: str) -> str:
    """Return the SQL of a column that is null in some rows of its file."""
    return f"CASE WHEN {ROW_NUMBER} NOT IN ({', '.join(map(str, rows))}) THEN {_quoted(name, IDENTIFIER)} END"


def _reading(paths: Sequence[Path]) -> str:
    listed = ",\n    ".join(_quoted(_without_wildcards(str(path)), TEXT) for path in paths)
    return f"read_parquet([\n    {listed}\n], union_by_name = true, hive_partitioning = false, {ROW_NUMBER} = true)"


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _without_wildcards(path: str) -> str:
    return "".join(f"[{character}]" if character in WILDCARDS else character for character in path)


TARGETS: Mapping[str, Callable[[Sequence[Run]], dict[str, bytes]]] = {
    "csv": to_csv,
    "duckdb-view": to_duckdb_view,
    "tensorboard": to_tensorboard,
    "mlflow": to_mlflow,
}
