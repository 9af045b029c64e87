"""Options of ``geomgen minima``."""

from dataclasses import dataclass

from geomgen.config.exact_fit import ExactFitConfig
from geomgen.config.experiment import Experiment
from geomgen.fields import option


@dataclass(frozen=True)
class MinimaConfig(ExactFitConfig):
    """Which networks are trained, and where the region around each minimum ends."""

    tolerance: float = option(
        0.01,
        "Largest mean squared error inside the region around a minimum, epsilon.",
        "Region",
        minimum=0,
        exclusive=True,
    )


MINIMA = Experiment(
    name="minima",
    config=MinimaConfig,
    about="""Train many small networks to fit exactly, and measure the volume of the minimum that each one finds.

    Follows gradient flow of the squared error from many initialisations to parameters that fit all training inputs
    exactly, where the Hessian of the loss is known from first derivatives. The volume is the prior's mass, in the
    initialisation's units, of parameters with a loss of at most --tolerance, to second order; a verdict says where
    second derivatives are no good picture of it.
    Writes tables/minima.parquet, one row per network that fits.
    """,
    tables=("minima",),
    shown=("network", "log_volume_nats", "trace", "half_log_det_nats", "log_prior_nats", "test_error", "verdict"),
    make="minima:minima",
    cost="minima:work",
)
