"""Options of ``geomgen volume``."""

from dataclasses import dataclass

from geomgen.config.activations import ActivationsConfig
from geomgen.config.experiment import Experiment
from geomgen.fields import option


@dataclass(frozen=True)
class VolumeConfig(ActivationsConfig):
    """Which activations the log determinant is taken of, and by which rule. The defaults are the published ones."""

    rule: tuple[str, ...] = option(
        ("relative",),
        "Which squared singular values count. relative: those within e^8 of the 16 largest; floor: all, clipped below "
        "at --floor; full: all; ledoit-wolf: all, after shrinkage.",
        "Log determinant",
        choices=("relative", "floor", "full", "ledoit-wolf"),
        listed=True,
    )
    floor: float = option(
        1.0,
        "Smallest squared singular value of rule floor; smaller ones are raised to it.",
        "Log determinant",
        minimum=0,
        exclusive=True,
    )


VOLUME = Experiment(
    name="volume",
    config=VolumeConfig,
    about="""Measure how much volume a run's activations fill: the log determinant of any layer, state and condition.

    Adds rows to tables/activation_volume.parquet, replacing earlier rows of the same kind, and prints the run's
    directory.
    """,
    tables=("activation_volume",),
    shown=("layer", "site", "state", "condition", "rule", "log_det_nats", "num_kept", "dim"),
    measure="volume:volume",
    cost="volume:work",
)
