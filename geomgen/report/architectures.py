"""Report ``architectures``: similarity and volume of activations against width, for each architecture."""

from geomgen.report.by_width import Measured, width_report
from geomgen.report.curves import STATES, Panel
from geomgen.report.quantities.similarity import COSINE_SPREAD, MEAN_COSINE
from geomgen.report.quantities.volume import LOG_DET, PARTICIPATION_RATIO

SPECS = {MEAN_COSINE: ".3f", COSINE_SPREAD: ".3f", LOG_DET: ".0f", PARTICIPATION_RATIO: ".1f"}
REPORT = width_report(
    "architectures",
    "Do activations start alike and spread apart with training in every architecture and at every width?",
    "Initial and trained activations of the penultimate layer before its nonlinearity",
    {
        f"{word}_{quantity.name}": Measured(quantity.of(state=state, condition="data"), spec, quantity.name, word)
        for quantity, spec in SPECS.items()
        for state, word in STATES.items()
    },
    (
        Panel(MEAN_COSINE.name, "Mean cosine similarity of pairs"),
        Panel(COSINE_SPREAD.name, "Standard deviation over pairs"),
        Panel(LOG_DET.name, "Log determinant (nats)"),
        Panel(PARTICIPATION_RATIO.name, "Participation ratio (dimensions)"),
    ),
)
