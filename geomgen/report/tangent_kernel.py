"""Report ``tangent-kernel``: condition, effective rank and label alignment of the tangent kernel against width."""

from geomgen.report.by_width import Measured, width_report
from geomgen.report.curves import STATES, Panel
from geomgen.report.quantities.tangent_kernel import ALIGNMENT, CONDITION, EFFECTIVE_RANK, TRACE

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
