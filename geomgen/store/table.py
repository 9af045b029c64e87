"""Tables: rows of a dataclass as Parquet, with each column's unit and meaning in the file."""

import dataclasses
import hashlib
import re
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from geomgen.errors import DataError
from geomgen.fields import ColumnDoc
from geomgen.store.files import disk_errors, write_bytes
from geomgen.store.migrations import conformed

SIGNATURE = "geomgen.sha256"
UNSIGNED = b"0" * 64
SIGNED = re.compile(re.escape(SIGNATURE.encode()) + rb".{1,8}?([0-9a-f]{64})", re.DOTALL)
REMEDY = "Measure again to replace it."
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


def to_table(identity: Any, rows: Sequence[Any]) -> pa.Table:
    """Return rows of one dataclass as a table, each with the identity's columns before it.

    Args:
        identity: Dataclass instance with the columns that all rows share.
        rows: At least one.
    """
    shared = dataclasses.asdict(identity)
    return pa.Table.from_pylist(
        [shared | dataclasses.asdict(row) for row in rows], schema_of(type(identity), type(rows[0]))
    )


def replaced_rows(name: str, old: pa.Table, new: pa.Table) -> pa.Table:
    """Return the old rows that the new ones do not speak of, then the new ones.

    Two rows speak of the same if their key columns are equal.

    Args:
        name: The table's name.
        old: Rows of this or of an earlier geomgen, as `migrated` returns them.
        new: Rows of this one.

    Raises:
        DataError: If the old rows cannot stand beside new ones.
    """
    old = conformed(name, old, new.schema)
    keys = [field.name for field in new.schema if field.metadata[b"key"]]
    taken = {tuple(row.values()) for row in new.select(keys).to_pylist()}
    kept = [tuple(row.values()) not in taken for row in old.select(keys).to_pylist()]
    return pa.concat_tables([old.filter(pa.array(kept, pa.bool_())), new])


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as a whole Parquet file, compressed with zstd, with a SHA-256 over all its bytes in its footer."""
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, table.schema, compression="zstd") as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({SIGNATURE: UNSIGNED.decode()})
    content = sink.getvalue().to_pybytes()
    start, end = _signature(content)
    write_bytes(path, content[:start] + _digest(content) + content[end:])


def read_table(path: Path, *, signed: bool = False) -> pa.Table:
    """Return the table of a Parquet file.

    Args:
        path: The file.
        signed: Whether a file without a SHA-256 over its bytes is refused; an earlier geomgen wrote some.

    Raises:
        DataError: If it is not Parquet, or damaged.
        DiskError: If it cannot be read.
    """
    with disk_errors(path):
        content = path.read_bytes()
    start, end = _signature(content)
    if content[start:end] != _digest(content) and (signed or start < end):
        raise DataError(f"{path} is damaged: it does not match its own SHA-256.", REMEDY)
    try:
        return pq.ParquetFile(pa.BufferReader(content)).read()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is damaged: {error}.", REMEDY) from error


def _signature(content: bytes) -> tuple[int, int]:
    """Return where in a file the SHA-256 of its bytes stands: the last in it, in the footer; nowhere is at 0, empty."""
    found = [match.span(1) for match in SIGNED.finditer(content)]
    return found[-1] if found else (0, 0)


def _digest(content: bytes) -> bytes:
    """Return the SHA-256 of a file's bytes, taken with noughts where it stands itself."""
    start, end = _signature(content)
    return hashlib.sha256(content[:start] + UNSIGNED[: end - start] + content[end:]).hexdigest().encode()


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as a data frame; ``frame.attrs["columns"]`` has each column's unit and meaning."""
    frame: pd.DataFrame = table.to_pandas()
    frame.attrs["columns"] = {
        field.name: {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        for field in table.schema
    }
    return frame
