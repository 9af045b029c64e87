"""A search has one result, and a row for each training."""

from geomgen.tables.complexity import EmcProbeRow, EmcRow
from geomgen.tables.registry import columns


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        EmcRow: ["epochs", "threshold"],
        EmcProbeRow: ["num_samples", "draw"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
