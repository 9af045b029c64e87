"""Rows of networks are told apart by their number, laws by their name."""

from geomgen.tables.registry import columns
from geomgen.tables.surface import TABLES


def test_the_keys_of_rows() -> None:
    keys = {table: [name for name, doc in columns(row).items() if doc.key] for table, row in TABLES.items()}
    assert keys == {
        "nearest_point_summary": ["num_equations"], "nearest_points": ["network"], "surface_laws": ["law"],
    }  # fmt: skip
