"""Options of ``geomgen emc``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.procedure import ProcedureConfig
from geomgen.errors import UsageError
from geomgen.fields import option

SEARCH = "Search"


@dataclass(frozen=True)
class EmcConfig(ProcedureConfig):
    """A training procedure, and the search for the largest training set that it fits."""

    seed: int = option(0, "Seed of all random draws.", "Training", minimum=0)
    max_samples: int = option(4000, "Largest number of training images tried.", SEARCH, minimum=2)
    min_samples: int = option(32, "Smallest number of training images tried.", SEARCH, minimum=1)
    threshold: float = option(
        0.1,
        "epsilon: the largest mean training error at which a training set counts as fitted.",
        SEARCH,
        minimum=0,
        maximum=1,
    )
    draws: int = option(
        5,
        "Trainings per number of images, each with its own images, label noise and initialisation.",
        SEARCH,
        minimum=2,
    )
    resolution: float = option(
        0.05,
        "Bisect until the smallest training set that is not fitted is at most this fraction larger than the largest "
        "that is.",
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

    Bisects over the number of training images, with repeated draws of them. A procedure without label noise may fit
    every set that is tried: its complexity is then at least --max-samples.
    Writes tables/emc.parquet, one row, and emc_probes.parquet, one row per training.
    """,
    tables=("emc", "emc_probes"),
    shown=("width", "epochs", "threshold", "emc", "emc_low", "emc_high", "outcome", "draws", "num_probes"),
    make="emc:emc",
    cost="emc:work",
    remarks="emc:remarks",
)
