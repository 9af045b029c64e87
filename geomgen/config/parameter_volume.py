"""Options of ``geomgen volume --space parameters``."""

from dataclasses import dataclass

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig
from geomgen.errors import UsageError
from geomgen.fields import option

REGION, WEIGHT, ESTIMATES = "Region of parameters", "Weight of parameters", "Estimates of the volume"


@dataclass(frozen=True)
class ParameterVolumeConfig(DerivativesConfig):
    """Which region around a run's parameters is measured, by which weight, and how."""

    behaviour: str = option(
        "kl",
        "What may change by at most --tolerance. kl: mean Kullback-Leibler divergence of predictions from those of the "
        "state, in nats; loss: the mean loss; disagreement: the share of images whose predicted class differs.",
        REGION,
        choices=("kl", "loss", "disagreement"),
    )
    tolerance: tuple[float, ...] = option(
        (0.01,),
        "Largest change, epsilon, in units of the behaviour.",
        REGION,
        minimum=0,
        exclusive=True,
        listed=True,
    )
    samples: int = option(200, "Number of training images: the first that the run trained on.", REGION, minimum=1)
    gauge: tuple[str, ...] = option(
        ("as-is",),
        "as-is: the state's own parameters; rebalanced: of an mlp of ReLU, the parameters with the same function whose "
        "units have incoming and outgoing weights of equal norm.",
        REGION,
        choices=("as-is", "rebalanced"),
        listed=True,
    )
    weighting: str = option(
        "prior",
        "prior: the mass under independent normal laws with mean 0 and the mean square of each tensor in the initial "
        "state; none: the volume itself, which is infinite where the network does not depend on a direction.",
        WEIGHT,
        choices=("prior", "none"),
    )
    prior_std: float | None = option(
        None,
        "Standard deviation of the prior for all parameters; the initial state's if not given.",
        WEIGHT,
        minimum=0,
        exclusive=True,
    )
    method: tuple[str, ...] = option(
        ("ellipsoid", "monte-carlo"),
        "ellipsoid: from second derivatives (under the prior by a saddlepoint approximation), not of disagreement; "
        "monte-carlo: radii in random directions.",
        ESTIMATES,
        choices=("ellipsoid", "monte-carlo"),
        listed=True,
    )
    directions: int = option(100, "Random directions of monte-carlo.", ESTIMATES, minimum=2, maximum=10**6)
    preconditioner: str = option(
        "diagonal",
        "How directions of monte-carlo are stretched: none; diagonal: by the diagonal of the Gauss-Newton matrix; "
        "low-rank: by its largest eigenvalues, and under the prior rays start where most of the mass should be, not "
        "at the state. The volume is corrected for it.",
        ESTIMATES,
        choices=("none", "diagonal", "low-rank"),
    )
    curvature_floor: float = option(
        1e-6,
        "Without a prior, curvatures below this share of the largest count as flat, and are raised to it.",
        ESTIMATES,
        minimum=0,
        exclusive=True,
        maximum=1,
    )
    seed: int = option(0, "Seed of the directions.", ESTIMATES, minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weighting == "none" and self.prior_std is not None:
            raise UsageError("--prior-std does not apply to --weighting none.", "Leave it out.")
        if self.behaviour == "disagreement" and self.method == ("ellipsoid",):
            raise UsageError(
                "--behaviour disagreement has no second derivatives, and so no ellipsoid.",
                "Choose --method monte-carlo.",
            )


PARAMETER_VOLUME = Experiment(
    name="volume --space parameters",
    config=ParameterVolumeConfig,
    about="""Measure how much volume of parameters behaves like a run's: its logarithm, by routes that check each other.

    The region around a state in which predictions, or the loss, change by at most a tolerance. Adds rows to
    tables/parameter_volume.parquet, replacing earlier rows of the same kind, and prints the run's directory.
    """,
    tables=("parameter_volume",),
    shown=(
        *("state", "method", "weighting", "preconditioner", "tolerance", "log_volume_nats", "stderr"),
        *("d_log_volume_d_log_tolerance", "is_lower_bound", "ess", "pareto_k", "num_flat", "verdict"),
    ),
    measure="parameter_volume:measure",
    cost="parameter_volume:work",
)
