"""What is measured of curvature again replaces rows of the same operator, method and size; others stay."""

from geomgen.tables.curvature import (
    THRESHOLDS,
    HessianDensityRow,
    HessianEigenvalueRow,
    HessianSummaryRow,
    share_column,
)
from geomgen.tables.registry import columns

KEYS = ["state", "operator", "method", "num_samples", "num_steps", "num_probes"]


def _keys(row: type) -> list[str]:
    return [name for name, doc in columns(row).items() if doc.key]


def test_the_keys_of_rows() -> None:
    assert _keys(HessianSummaryRow) == KEYS
    assert _keys(HessianEigenvalueRow) == _keys(HessianDensityRow) == [*KEYS, "index"]


def test_each_threshold_has_a_share_with_its_bounds() -> None:
    assert share_column(1e-4) == "near_zero_fraction_1e_4"
    there = [name for name in columns(HessianSummaryRow) if name.startswith("near_zero_fraction")]
    assert there == [f"{share_column(limit)}{end}" for limit in THRESHOLDS for end in ("", "_low", "_high")]
