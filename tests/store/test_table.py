"""Tables carry units and meanings, and new rows replace only their own."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geomgen.errors import DataError
from geomgen.fields import Columns, column
from geomgen.store.table import read_table, replaced_rows, to_frame, to_table, write_table


@dataclass(frozen=True)
class Identity:
    """A row of columns."""

    run_id: str = column("Run.", key=True)


@dataclass(frozen=True)
class Row:
    """A row of columns."""

    layer: str = column("Layer.", key=True)
    size_nats: float = column("Size.", "nats")
    count: int | None = column("How many.")


def _table(*rows: Row) -> pa.Table:
    return to_table(Identity("r1"), rows)


def test_whole_numbers_stay_whole_beside_missing_ones() -> None:
    counts = [2**53 + 1, None, 3]
    frame = to_frame(_table(*(Row("a", 1.0, count) for count in counts)))
    assert [None if pd.isna(count) else count for count in frame["count"]] == counts
    assert to_frame(_table(Row("a", 1.0, 3)))["count"].dtype == "int64"
    assert to_frame(_table(Row("a", 1.0, None)))["count"].tolist() == [pd.NA]


def test_columns_make_the_same_table_as_rows() -> None:
    columns = Columns(Row, {"layer": ["a", "b"], "size_nats": np.array([1.0, 2.0]), "count": [1, None]})
    assert to_table(Identity("r1"), columns).equals(_table(Row("a", 1.0, 1), Row("b", 2.0, None)), check_metadata=True)


def test_columns_have_type_unit_and_meaning(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", _table(Row("a", 1.5, None)))
    frame = to_frame(read_table(tmp_path / "t.parquet"))
    assert list(frame.columns) == ["run_id", "layer", "size_nats", "count"]
    assert frame.attrs["columns"]["size_nats"] == {"doc": "Size.", "unit": "nats", "key": ""}
    assert frame.loc[0, "size_nats"] == 1.5
    assert frame["count"].isna().tolist() == [True]
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_new_rows_replace_those_with_the_same_keys_only() -> None:
    old = _table(Row("a", 1.0, 1), Row("b", 2.0, 2))
    merged = replaced_rows("t", old, _table(Row("b", 9.0, 9), Row("c", 3.0, 3)))
    assert merged.to_pydict()["layer"] == ["a", "b", "c"]
    assert merged.to_pydict()["size_nats"] == [1.0, 9.0, 3.0]


def test_identical_content_gives_identical_bytes(tmp_path: Path) -> None:
    for name in ("x", "y"):
        write_table(tmp_path / name, _table(Row("a", 1.0, 1)))
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()


def test_a_flipped_bit_of_a_page_is_found(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, _table(*(Row(f"{index}", index / 7, index) for index in range(200))))
    content, column = path.read_bytes(), pq.ParquetFile(path).metadata.row_group(0).column(2)
    inside = range(column.dictionary_page_offset + 100, column.data_page_offset)  # past the page's header
    for bit in random.Random(0).sample(range(8 * inside.start, 8 * inside.stop), 200):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"t.parquet is damaged"):
            read_table(path)


def test_a_table_of_an_earlier_geomgen_with_its_signature_in_the_footer_or_none_is_read(tmp_path: Path) -> None:
    path, table = tmp_path / "t.parquet", _table(Row("a", 1.0, 1))
    pq.write_table(table, path)
    assert read_table(path).equals(table)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"geomgen.sha256": "0" * 64})
    assert read_table(path).equals(table)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_what_is_not_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"t.parquet is damaged"):
        read_table(path)
