"""What identifies a search for a critical point."""

from geomgen.tables.critical_points import CriticalPointRow
from geomgen.tables.registry import columns


def test_every_option_of_the_search_tells_rows_apart() -> None:
    keys = [name for name, doc in columns(CriticalPointRow).items() if doc.key]
    assert keys == ["state", "point", "num_samples", "l2", "max_noise", "max_iterations", "num_points"]
