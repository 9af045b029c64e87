"""A sweep has a row for each cell."""

from geomgen.tables.registry import columns
from geomgen.tables.sweep import SweepRow


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        SweepRow: ["cell"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
