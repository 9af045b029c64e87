"""What is measured of derivatives again replaces rows of the same state and number of images."""

from geomgen.tables.derivatives import JacobianRow, ModifiedFlowOrderRow, ModifiedFlowRow, SpectrumRow, TangentKernelRow
from geomgen.tables.registry import columns


def test_the_keys_of_rows() -> None:
    keys: dict[type, list[str]] = {
        JacobianRow: ["state", "num_samples"],
        TangentKernelRow: ["state", "num_samples"],
        SpectrumRow: ["state", "num_samples", "index"],
        ModifiedFlowOrderRow: ["problem", "correction"],
        ModifiedFlowRow: ["problem", "correction", "step_size"],
    }
    assert {row: [name for name, doc in columns(row).items() if doc.key] for row in keys} == keys
