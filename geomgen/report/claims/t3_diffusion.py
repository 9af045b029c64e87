"""Parts of the third text's claim that noise carries a converged network to flat minima that generalise."""

from typing import Any

from geomgen.config.train import TrainConfig
from geomgen.report.claims.part import measured
from geomgen.report.claims.rule import above, below
from geomgen.report.quantities.diffusion import (
    END_ACCURACY,
    END_TRACE,
    LOWEST_ACCURACY,
    NOISE,
    NOISELESS,
    START_TRACE,
)
from geomgen.report.statistic import at_width

WIDTH = 64
SUMS: dict[str, Any] = {
    "data": "modular-addition:23", "depth": 1, "activation": "square", "init": "scaled:1.5", "loss": "mse", "lr": 0.01,
    "batch_size": 300,
}  # fmt: skip
MEMORISED = TrainConfig(**SUMS, optimizer="adam", weight_decay=0.0, epochs=1000)
GENERALISING = TrainConfig(**SUMS, optimizer="adamw", weight_decay=0.3, epochs=3000)
WITH, WITHOUT = {"state": "final", "noise": NOISE}, {"state": "final", "noise": NOISELESS}
DIFFUSION_TO_FLAT_MINIMA = (
    measured(
        END_ACCURACY.of(**WITH).among(MEMORISED) - END_ACCURACY.of(**WITHOUT).among(MEMORISED),
        at_width(WIDTH),
        above(0),
    ),
    measured(
        END_TRACE.of(**WITH).among(MEMORISED) - START_TRACE.of(**WITH).among(MEMORISED), at_width(WIDTH), below(0)
    ),
    measured(
        END_TRACE.of(**WITH).among(MEMORISED) - END_TRACE.of(**WITHOUT).among(MEMORISED), at_width(WIDTH), below(0)
    ),
    measured(LOWEST_ACCURACY.of(**WITH).among(GENERALISING), at_width(WIDTH), above(0.9)),
)
