"""Report ``tangent-kernel``: condition, effective rank and label alignment of the tangent kernel against width."""

from geomgen.report.by_width import Measured, width_report
from geomgen.report.curves import STATES, Panel
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

SPECS = {CONDITION: ".4g", EFFECTIVE_RANK: ".3f", ALIGNMENT: ".4f", TRACE: ".4g"}
REPORT = width_report(
    "tangent-kernel",
    "How do condition, effective rank and label alignment of the tangent kernel depend on width and training?",
    "Tangent kernel of training images",
    {
        f"{word}_{quantity.name}": Measured(quantity.of(state=state), spec, quantity.name, word)
        for quantity, spec in SPECS.items()
        for state, word in STATES.items()
    },
    (
        Panel(CONDITION.name, "Condition number", "log"),
        Panel(EFFECTIVE_RANK.name, "Effective rank"),
        Panel(ALIGNMENT.name, "Alignment with the labels"),
        Panel(TRACE.name, "Trace per image", "log"),
    ),
)
