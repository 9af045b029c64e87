"""Tables carry units and meanings, and new rows replace only their own."""

import random
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geomgen.errors import DataError
from geomgen.fields import column
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


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, _table(Row("a", 1.0, 1), Row("geomgen.sha256  " + "1" * 64, 2.0, None)))
    content = path.read_bytes()
    assert read_table(path, signed=True).num_rows == 2
    for bit in random.Random(0).sample(range(8 * len(content)), 500):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"t.parquet is damaged"):
            read_table(path, signed=True)


def test_a_table_of_an_earlier_geomgen_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(_table(Row("a", 1.0, 1)), path)
    assert read_table(path).num_rows == 1
    with pytest.raises(DataError, match="does not match its own SHA-256"):
        read_table(path, signed=True)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all", b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_what_is_not_parquet_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"t.parquet is damaged"):
        read_table(path)
