"""Options of ``geomgen emc``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.procedure import ProcedureConfig
from geomgen.errors import UsageError
from geomgen.fields import option

SEARCH = "Search"


@dataclass(frozen=True)
class EmcConfig(ProcedureConfig):
    """A training procedure, and how the largest training set that it fits is searched for."""

    seed: int = option(0, "Seed of all draws.", "Training", minimum=0)
    max_samples: int = option(4000, "Largest number of training images tried.", SEARCH, minimum=2)
    min_samples: int = option(32, "Smallest number of training images tried.", SEARCH, minimum=1)
    threshold: float = option(
        0.1,
        "epsilon: a training error of at most this counts as close to zero.",
        SEARCH,
        minimum=0,
        maximum=1,
    )
    draws: int = option(5, "Trainings at each number of images: own images, label noise and start.", SEARCH, minimum=2)
    resolution: float = option(
        0.05,
        "Bisect until the smallest number that is too large is at most this fraction above the largest that is not.",
        SEARCH,
        minimum=0,
        maximum=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_samples >= self.max_samples:
            raise UsageError(
                f"--min-samples {self.min_samples} is not below --max-samples {self.max_samples}.",
                "Choose a smaller --min-samples.",
            )


EMC = Experiment(
    name="emc",
    config=EmcConfig,
    about="""Measure the effective model complexity of a training procedure: the largest training set that it fits.

    By bisection over the number of training images, with repeated draws of them. A procedure without label noise may
    fit all the images there are: its complexity is then at least --max-samples.
    -> tables/emc.parquet, one row, and emc_probes.parquet, one row per training.
    """,
    tables=("emc", "emc_probes"),
    shown=("width", "epochs", "threshold", "emc", "emc_low", "emc_high", "outcome", "draws", "num_probes"),
    make="emc:emc",
    cost="emc:work",
    remarks="emc:remarks",
)
