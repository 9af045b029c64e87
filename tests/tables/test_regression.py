"""Rows of regressions are distinguished by what their grids vary."""

from geomgen.tables.registry import columns
from geomgen.tables.regression import (
    EpochsRow,
    LinearRow,
    LinearSummaryRow,
    OptimalSetRow,
    PolynomialRow,
    RffRow,
    RidgelessRow,
)


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        EpochsRow: ["rate_power", "step"],
        LinearSummaryRow: ["model"],
        LinearRow: ["model", "repetition"],
        OptimalSetRow: ["features"],
        PolynomialRow: ["basis", "degree"],
        RffRow: ["features", "ridge"],
        RidgelessRow: ["design", "features"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
