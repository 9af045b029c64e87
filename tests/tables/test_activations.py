"""What is measured of activations again replaces rows of the same layer, site, state and condition."""

from geomgen.tables.activations import LayerStatisticsRow, LogDeterminantRow, SimilarityRow, SimilaritySummaryRow
from geomgen.tables.registry import columns


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        LogDeterminantRow: ["layer", "site", "state", "condition", "rule", "floor"],
        SimilaritySummaryRow: ["layer", "site", "state", "condition", "metric", "bins"],
        SimilarityRow: ["layer", "site", "state", "condition", "metric", "bins"],
        LayerStatisticsRow: ["layer", "state"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
