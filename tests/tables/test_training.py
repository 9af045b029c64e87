"""Trainings are recorded by epoch, paths by step, imported networks by state."""

from geomgen.tables.registry import columns
from geomgen.tables.training import ImplicitRegularizationRow, ImportedRow, PointRow, TrainingRow


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        TrainingRow: ["epoch"],
        ImplicitRegularizationRow: ["epoch"],
        PointRow: ["step"],
        ImportedRow: ["state"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
