"""Options of ``geomgen jacobian``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig


@dataclass(frozen=True)
class JacobianConfig(DerivativesConfig):
    """At which parameters, and for which images, the rank of the Jacobian is measured."""


JACOBIAN = Experiment(
    name="jacobian",
    config=JacobianConfig,
    about="""Measure the rank of the Jacobian of a run's logits, and the dimension of the set of parameters that fit.

    Adds rows to tables/jacobian_rank.parquet, replacing earlier rows of the same kind, and prints the run's directory.
    """,
    tables=("jacobian_rank",),
    shown=("state", "num_samples", "outputs", "num_parameters", "rank", "manifold_dim"),
    measure="derivatives:measure",
    rows="jacobian:rows",
    cost="derivatives:work",
)
