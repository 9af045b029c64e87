"""Rows of minima are told apart by their number."""

from geomgen.tables.minima import MinimumRow
from geomgen.tables.registry import columns


def test_the_key_of_rows() -> None:
    assert [name for name, doc in columns(MinimumRow).items() if doc.key] == ["network"]
