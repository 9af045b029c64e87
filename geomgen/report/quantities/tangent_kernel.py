"""Quantities of the tangent kernel: condition, effective rank, label alignment and trace."""

from geomgen.report.quantity import Quantity

TABLE = "tangent_kernel"


def _of_kernel(column: str, title: str, formula: str, unit: str = "") -> Quantity:
    return Quantity(column, title, TABLE, column, unit=unit, keys=("state",), formula=formula)


CONDITION = _of_kernel(
    "condition_number",
    "condition number of the tangent kernel",
    "largest over smallest eigenvalue of K; null if the smallest is rounding",
)
EFFECTIVE_RANK = _of_kernel(
    "effective_rank", "effective rank of the tangent kernel", "(tr K)^2 / |K|_F^2", "dimensions"
)
ALIGNMENT = _of_kernel(
    "label_alignment",
    "alignment of the tangent kernel with the labels",
    "y^T K y / (|K|_F |y|^2), y the one-hot labels less their means",
)
TRACE = _of_kernel("trace_per_sample", "trace of the tangent kernel per image", "tr K / N")
