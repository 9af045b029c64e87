"""Options of ``geomgen volume --space parameters``."""

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from geomgen.config.experiment import Experiment
from geomgen.config.measure import DerivativesConfig
from geomgen.config.potential import PotentialConfig
from geomgen.errors import UsageError
from geomgen.fields import option

REGION, WEIGHT, ESTIMATES = "Region of parameters", "Weight of parameters", "Estimates of the volume"
CHAINS = "Chains of free-energy"
FREE_ENERGY, FEWEST_RUNGS = "free-energy", 11
POTENTIAL_PRIOR_STD = 1.0


@dataclass(frozen=True)
class ParameterVolumeConfig(PotentialConfig, DerivativesConfig):
    """Which region around a run's parameters, or a potential's minimum, is measured, by which weight, and how."""

    OF_RUNS: ClassVar[tuple[str, ...]] = (*PotentialConfig.OF_RUNS, "behaviour", "samples", "gauge")

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
        "Standard deviation of the prior for all parameters; if not given the initial state's, and 1 for potentials.",
        WEIGHT,
        minimum=0,
        exclusive=True,
    )
    method: tuple[str, ...] = option(
        ("ellipsoid", "monte-carlo"),
        "ellipsoid: from second derivatives (under the prior by a saddlepoint approximation), not of disagreement; "
        "monte-carlo: radii in random directions; free-energy: -ln Z under the prior by chains at a ladder of n beta, "
        "which needs no region around the state and counts all of parameter space.",
        ESTIMATES,
        choices=("ellipsoid", "monte-carlo", FREE_ENERGY),
        listed=True,
    )
    directions: int = option(100, "Random directions of monte-carlo.", ESTIMATES, minimum=2, maximum=10**6)
    preconditioner: str = option(
        "diagonal",
        "How directions of monte-carlo, or steps of free-energy, are stretched: none; diagonal: by the diagonal of the "
        "Gauss-Newton matrix; low-rank: by its largest eigenvalues, and under the prior rays start where most of the "
        "mass should be, not at the state. The volume is corrected for it.",
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
    rungs: int = option(
        25,
        "Weights n beta, evenly spaced in the logarithm, besides 0. Odd: leaving out every second tells their error.",
        CHAINS,
        minimum=FEWEST_RUNGS,
        maximum=1001,
    )
    chains: int = option(
        8,
        "Chains at each weight: half begin at the state, half at draws of the weight's quadratic approximation.",
        CHAINS,
        minimum=2,
        maximum=10**4,
    )
    draws: int = option(500, "Draws per chain after burn-in.", CHAINS, minimum=4)
    burn_in: int | None = option(
        None, "Draws dropped at the beginning of each chain; as many as --draws if not given.", CHAINS, minimum=1
    )
    leapfrog_steps: int = option(10, "Leapfrog steps per draw.", CHAINS, minimum=1, maximum=1000)
    seed: int = option(0, "Seed of the directions and chains.", ESTIMATES, minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.weighting == "none" and self.prior_std is not None:
            raise UsageError("--prior-std does not apply to --weighting none.", "Leave it out.")
        if self.behaviour == "disagreement" and self.method == ("ellipsoid",):
            raise UsageError(
                "--behaviour disagreement has no second derivatives, and so no ellipsoid.",
                "Choose --method monte-carlo.",
            )
        if FREE_ENERGY in self.method:
            self._check_free_energy()

    def _check_free_energy(self) -> None:
        """Refuse what a free energy does not exist for."""
        if self.weighting == "none":
            raise UsageError(
                "--method free-energy needs a prior: without one Z is infinite at n beta = 0.",
                "Choose --weighting prior, or another --method.",
            )
        if self.behaviour == "disagreement" or self.potential == "normal-crossing":
            what = "--behaviour disagreement" if self.potential is None else f"--potential {self.potential}"
            raise UsageError(
                f"{what} has no gradients everywhere for the chains of --method free-energy.",
                "Choose --method monte-carlo.",
            )
        if self.rungs % 2 == 0:
            raise UsageError(f"--rungs {self.rungs} is even.", "Choose an odd number.")

    def filled(self) -> Self:
        """Return the config with the defaults filled in that depend on other options."""
        filled = replace(self, burn_in=self.draws if self.burn_in is None else self.burn_in)
        if self.potential is None or self.weighting == "none" or self.prior_std is not None:
            return filled
        return replace(filled, prior_std=POTENTIAL_PRIOR_STD)


PARAMETER_VOLUME = Experiment(
    name="volume --space parameters",
    config=ParameterVolumeConfig,
    about="""Measure how much volume of parameters behaves like a run's: its logarithm, by routes that check each other.

    The region around a state in which predictions, or the loss, change by at most a tolerance. Adds rows to
    tables/parameter_volume.parquet, replacing earlier rows of the same kind, and to free_energy.parquet, one per weight
    of the ladder, and prints the run's directory. With --potential it makes a run: the region is then around the
    minimum of a loss that is known, or your own.
    """,
    tables=("parameter_volume", "free_energy"),
    shown=(
        *("state", "method", "weighting", "preconditioner", "tolerance", "log_volume_nats", "stderr"),
        *("log_volume_theory_nats", "d_log_volume_d_log_tolerance", "is_lower_bound", "ess", "pareto_k", "r_hat"),
        *("num_flat", "verdict"),
    ),
    make="parameter_volume:volume",
    measure="parameter_volume:measure",
    cost="parameter_volume:work",
)
