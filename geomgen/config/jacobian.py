"""Options of ``geomgen jacobian``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import MeasureConfig
from geomgen.fields import option


@dataclass(frozen=True)
class JacobianConfig(MeasureConfig):
    """At which parameters, and for which images, the logits are differentiated."""

    samples: int = option(
        50,
        "Number of training images N, the first ones as trained on; the Jacobian has N times classes rows.",
        "Jacobian",
        minimum=1,
    )


JACOBIAN = Experiment(
    name="jacobian",
    config=JacobianConfig,
    about="""Measure the rank of the Jacobian of a run's logits, and so the dimension of the set of parameters that fit.

    Adds rows to tables/jacobian_rank.parquet, replacing its own earlier ones, and prints the run's directory.
    """,
    tables=("jacobian_rank",),
    shown=("state", "num_samples", "outputs", "num_parameters", "rank", "manifold_dim"),
    measure="jacobian:jacobian",
)
