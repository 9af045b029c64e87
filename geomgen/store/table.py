"""Tables: rows of a dataclass as Parquet, with each column's unit and meaning in the file."""

import dataclasses
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geomgen.errors import DataError
from geomgen.fields import ColumnDoc, Columns
from geomgen.store.files import disk_errors, write_bytes
from geomgen.store.migrations import conformed, untold_keys

REMEDY = "Measure again to replace it."
RUN_ID = "run_id"
ARROW_TYPES = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}


def schema_of(*row_types: type) -> pa.Schema:
    """Return the Parquet schema of rows whose columns are those of one or more dataclasses, in order."""
    fields = []
    for row_type in row_types:
        hints = get_type_hints(row_type)
        fields += [_arrow_field(field, hints[field.name]) for field in dataclasses.fields(row_type)]
    return pa.schema(fields)


def _arrow_field(field: dataclasses.Field[Any], hint: Any) -> pa.Field:
    optional = get_origin(hint) in {Union, types.UnionType}
    doc: ColumnDoc = field.metadata["column"]
    metadata = {"doc": doc.doc, "unit": doc.unit or "", "key": "yes" if doc.key else ""}
    return pa.field(field.name, ARROW_TYPES[get_args(hint)[0] if optional else hint], optional, metadata)


def to_table(identity: Any, rows: Sequence[Any] | Columns) -> pa.Table:
    """Return rows of one dataclass as a table, each with the identity's columns before it.

    Args:
        identity: Dataclass instance with the columns that all rows share.
        rows: At least one.
    """
    shared = dataclasses.asdict(identity)
    if isinstance(rows, Columns):
        count = len(next(iter(rows.values.values())))
        repeated = {name: [value] * count for name, value in shared.items()}
        return pa.Table.from_pydict({**repeated, **rows.values}, schema_of(type(identity), rows.row))
    return pa.Table.from_pylist(
        [shared | dataclasses.asdict(row) for row in rows], schema_of(type(identity), type(rows[0]))
    )


def replaced_rows(name: str, old: pa.Table, new: pa.Table) -> pa.Table:
    """Return the old rows that the new ones do not replace, then the new ones.

    A new row replaces an old one if their key columns are equal, but for keys that an earlier version did not tell.

    Args:
        name: The table's name.
        old: Rows of this or an earlier version, as `migrated` returns them.
        new: Rows of this one.

    Raises:
        DataError: If the old rows cannot be combined with new ones.
    """
    old = conformed(name, old, new.schema)
    keys = [field.name for field in new.schema if field.metadata[b"key"]]
    untold = [key for key in untold_keys(name) if old[key].null_count]
    taken = {_without(row, known) for row in new.select(keys).to_pylist() for known in ((), tuple(untold))}
    kept = [
        _without(row, tuple(key for key in untold if row[key] is None)) not in taken
        for row in old.select(keys).to_pylist()
    ]
    return pa.concat_tables([old.filter(pa.array(kept, pa.bool_())), new])


def _without(row: Mapping[str, Any], left_out: Collection[str]) -> tuple[tuple[str, Any], ...]:
    """Return the values of a row's keys by name, without some of them."""
    return tuple((key, value) for key, value in row.items() if key not in left_out)


def with_run_id(table: pa.Table, run_id: str) -> pa.Table:
    """Return a run's table with the run's id in every row: its folder may be a copy that has another name."""
    if RUN_ID not in table.column_names or table[RUN_ID].unique().to_pylist() == [run_id]:
        return table
    index = table.column_names.index(RUN_ID)
    return table.set_column(index, table.schema.field(RUN_ID), pa.array([run_id] * len(table), pa.string()))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as a whole Parquet file, compressed with zstd, with a checksum of each page."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    write_bytes(path, sink.getvalue().to_pybytes())


def read_table(path: Path) -> pa.Table:
    """Return the table of a Parquet file.

    Raises:
        DataError: If it is not Parquet, or a page does not match its checksum; an earlier version wrote none.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        content = path.read_bytes()
    try:
        return pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged: {error}.", REMEDY) from error


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as a data frame; ``frame.attrs["columns"]`` has each column's unit and meaning.

    Whole numbers stay whole beside missing ones: such a column is pandas' ``Int64``.
    """
    frame: pd.DataFrame = table.to_pandas()
    for name in table.column_names:
        if table[name].null_count and pa.types.is_integer(table[name].type):
            frame[name] = table[name].to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    frame.attrs["columns"] = {
        field.name: {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        for field in table.schema
    }
    return frame
