"""Tables of effective model complexity."""

from dataclasses import dataclass

from geomgen.fields import column


@dataclass(frozen=True)
class EmcRow:
    """Effective model complexity of a training procedure: the row of ``emc.parquet``."""

    epochs: int = column("Epochs of each training.", key=True)
    threshold: float = column("epsilon: mean training error that counts as close to zero.", key=True)
    emc: int = column("Largest n whose mean training error is at most epsilon; linearly interpolated between tried n.")
    emc_low: float | None = column(
        "Lower end of its 95 % interval: the n at which a t test over draws does not tell the mean error from epsilon. "
        "Null unless found, or if even the smallest n tried might not be fitted."
    )
    emc_high: float | None = column(
        "Upper end of its 95 % interval; null unless found, or if even the largest n tried might be fitted."
    )
    outcome: str = column("found; at-least: the largest n tried is fitted; below: the smallest n tried is not.")
    largest_fitted: int | None = column("Largest n tried whose mean training error is at most epsilon.")
    smallest_not_fitted: int | None = column("Smallest n tried above that.")
    draws: int = column("Trainings at each n.")
    num_probes: int = column("How many values of n were tried.")
    num_parameters: int | None = column("Parameters of the network; null for a procedure without one.")


@dataclass(frozen=True)
class EmcProbeRow:
    """One training of the search: a row of ``emc_probes.parquet``."""

    num_samples: int = column("n: training images.", key=True)
    draw: int = column("Number of the draw, from 0.", key=True)
    train_error: float = column("Fraction of the n images that the trained network does not classify as labelled.")


TABLES = {
    "emc": EmcRow,
    "emc_probes": EmcProbeRow,
}
