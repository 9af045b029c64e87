"""Report ``similarity-by-width``: cosines before and after training against width, beside infinite width."""

from geomgen.report.by_width import Measured, width_report
from geomgen.report.curves import STATES, Panel
from geomgen.report.quantities.similarity import (
    CENTRED_SPREAD,
    COMMON_MODE,
    COSINE_AFTER_NORM,
    DEVIATION,
    MEAN_COSINE,
    PREDICTED,
)

INITIAL = {"state": "initial", "condition": "data"}
PREDICTED_COSINE = f"predicted_{MEAN_COSINE.name}"
OF_STATES = (MEAN_COSINE, COMMON_MODE, CENTRED_SPREAD, COSINE_AFTER_NORM)
REPORT = width_report(
    "similarity-by-width",
    "Does training spread activations or gather them, is it their mean, and what does theory predict before training?",
    "Activations of the penultimate layer before its nonlinearity, or after it: cosines of pairs of test images",
    {
        PREDICTED_COSINE: Measured(MEAN_COSINE.of(state="initial", condition=PREDICTED), ".3f", ""),
        DEVIATION.name: Measured(DEVIATION.of(**INITIAL), ".4f", DEVIATION.name, STATES["initial"]),
    }
    | {
        f"{word}_{quantity.name}": Measured(quantity.of(state=state, condition="data"), ".3f", quantity.name, word)
        for quantity in OF_STATES
        for state, word in STATES.items()
    },
    (
        Panel(MEAN_COSINE.name, "Mean cosine similarity", theory=PREDICTED_COSINE, source="initial, at infinite width"),
        Panel(COMMON_MODE.name, "Share of the mean activation"),
        Panel(CENTRED_SPREAD.name, "Spread without the mean activation"),
        Panel(DEVIATION.name, "Deviation from infinite width (rms)", scale="log"),
    ),
)
