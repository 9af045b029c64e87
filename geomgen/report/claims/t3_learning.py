"""Parts of the third text's claims that volume decides where noise leads, and how volume scales."""

from geomgen.config.llc import LlcConfig
from geomgen.config.train import TrainConfig
from geomgen.report.claims.part import measured
from geomgen.report.claims.rule import above, below, within
from geomgen.report.quantities.learning import HALF_PARAMETERS, LLC, OCCUPANCY, RELATIVE_OCCUPANCY, VOLUME_SCALING
from geomgen.report.statistic import each_width, over_seeds

Curvatures = tuple[float, ...]
VOLUMES: tuple[tuple[Curvatures, Curvatures], ...] = (
    ((1.0, 1.0, 1.0), (4.0, 9.0, 1.0)),
    ((4.0, 1.0), (1.0, 1.0)),
    ((0.5, 2.0, 1.0, 1.0, 3.0), (1.0, 1.0, 4.0, 2.0, 1.0)),
    ((1.0,) * 10, (1.4,) * 10),
)
"""Curvatures of two basins, whose volumes have the ratios 6, 1/2, 1.63 and 5.38."""
SHALLOW, LOW = 0.005, 0.02
"""Differences of depth that the volume of the first pair outweighs, and does not: 6 exp(-0.72) and 6 exp(-2.9)."""
SMALL_TANH = TrainConfig(
    data="digits", pool=2, train_size=300, depth=1, activation="tanh", loss="mse", optimizer="adam", lr=0.01,
    weight_decay=0.0, epochs=2000, batch_size=300,
)  # fmt: skip
"""Small smooth networks that full-batch training takes to a minimum of the loss itself."""


def _basins(first: Curvatures, second: Curvatures, depth: float = 0.0) -> LlcConfig:
    return LlcConfig(
        potential="two-basins",
        curvatures=first,
        other_curvatures=second,
        depth_difference=depth,
        chains=100,
        draws=1000,
    )


EQUAL_DEPTH = [_basins(*pair) for pair in VOLUMES]
OUTWEIGHED, DECISIVE = (_basins(*VOLUMES[0], depth) for depth in (SHALLOW, LOW))
OCCUPANCY_FOLLOWS_VOLUME = (
    *(
        measured(RELATIVE_OCCUPANCY.of().among(pair), over_seeds(), within(0.9, 1.1))
        for pair in (*EQUAL_DEPTH, OUTWEIGHED, DECISIVE)
    ),
    measured(OCCUPANCY.of().among(OUTWEIGHED), over_seeds(), above(1)),
    measured(OCCUPANCY.of().among(DECISIVE), over_seeds(), below(1)),
)
TRAINED = {"state": "final"}
COEFFICIENT = LLC.of(**TRAINED).among(SMALL_TANH)
SCALING_IS_THE_COEFFICIENT = (
    measured(VOLUME_SCALING.of(**TRAINED).among(SMALL_TANH) / COEFFICIENT, each_width(), within(0.8, 1.2)),
    measured(COEFFICIENT / HALF_PARAMETERS.of(**TRAINED).among(SMALL_TANH), each_width(), below(0.5)),
)
