"""Options of ``geomgen llc``."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

from geomgen.config.base import option_flag
from geomgen.config.experiment import Experiment
from geomgen.config.measure import MeasureConfig
from geomgen.errors import UsageError
from geomgen.fields import option

Known = TypeVar("Known", int, float, str)
POTENTIAL, CHAINS, LAW = "Potential", "Chains", "Stationary law"
DEFAULT_N_BETA = 144.765  # n / ln n at n = 1,000
OWN, MOST_DIMENSIONS = "FILE.py", 10**4
LOCALIZATION = {"reduced-rank": 1.0}
"""gamma of potentials that are flat far away; 0 of the others."""
NETWORK_LOCALIZATION = 100.0
TAKEN_BY = {
    "curvatures": ("quadratic", "two-basins"),
    "other_curvatures": ("two-basins",),
    "depth_difference": ("two-basins",),
    "power": ("homogeneous", "normal-crossing"),
    "dimensions": ("homogeneous", "normal-crossing"),
    "shape": ("reduced-rank",),
    "true_rank": ("reduced-rank",),
}
OF_RUNS = ("state", "data", "samples", "dense_limit", "minibatch_size")
"""Options that say something of a run, and nothing of a potential."""


@dataclass(frozen=True)
class LlcConfig(MeasureConfig):
    """Around which parameters chains run, by which law, and how."""

    state: tuple[str, ...] = option(
        ("final",),
        "Which parameters to measure: initial, final, or a checkpoint such as step-000938.",
        "Parameters",
        listed=True,
    )
    potential: str | None = option(
        None,
        "In place of a RUN: a loss whose coefficient is known, measured by the same sampler. FILE.py is your own: "
        "it defines loss(points), (K, D) to (K,) in float64, and centre, its minimum, (D,).",
        POTENTIAL,
        choices=("quadratic", "homogeneous", "normal-crossing", "reduced-rank", "two-basins"),
        forms=((OWN, r".+\.py"),),
    )
    curvatures: tuple[float, ...] = option(
        (1.0, 1.0),
        "Eigenvalues h of a quadratic, or of the first of two basins.",
        POTENTIAL,
        minimum=0,
        exclusive=True,
        repeats=True,
    )
    other_curvatures: tuple[float, ...] = option(
        (4.0, 1.0), "Eigenvalues of the second of two basins.", POTENTIAL, minimum=0, exclusive=True, repeats=True
    )
    depth_difference: float = option(
        0.0, "Loss at the bottom of the first of two basins minus that at the bottom of the second.", POTENTIAL
    )
    power: int = option(
        4, "Power of each factor of homogeneous and normal-crossing; even.", POTENTIAL, minimum=2, maximum=20
    )
    dimensions: int = option(
        2, "Parameters of homogeneous and normal-crossing.", POTENTIAL, minimum=1, maximum=MOST_DIMENSIONS
    )
    shape: tuple[int, ...] = option(
        (5, 3, 5),
        "m,h,n of reduced-rank: |B A - M|^2 with B m x h and A h x n.",
        POTENTIAL,
        minimum=1,
        maximum=100,
        repeats=True,
    )
    true_rank: int = option(1, "Rank of M of reduced-rank.", POTENTIAL, minimum=0, short="--rank")
    samples: int | None = option(
        None, "Measure the loss on the first this many training images, n; all if not given.", LAW, minimum=2
    )
    dense_limit: int = option(
        1000,
        "Find all eigenvalues of the Hessian of networks with at most this many parameters: what lambda is to second "
        "order, and how the volume scales.",
        LAW,
        minimum=0,
    )
    n_beta: float | None = option(
        None,
        f"n beta, the weight of the loss; n / ln n if not given, and {DEFAULT_N_BETA} for potentials.",
        LAW,
        minimum=0,
        exclusive=True,
    )
    localization: float | None = option(
        None,
        f"gamma, the precision of the Gaussian around the parameters; if not given {NETWORK_LOCALIZATION:g}, for "
        "potentials 0, for reduced-rank 1.",
        LAW,
        minimum=0,
    )
    sampler: str | None = option(
        None,
        "sgld: gradients of minibatches; mala, hmc: gradients of all images, and no bias from the step. If not given, "
        "sgld, and hmc for potentials.",
        CHAINS,
        choices=("sgld", "mala", "hmc"),
    )
    chain_step: float | None = option(
        None,
        "Step size e. If not given, sgld takes 0.2 / (n beta lambda_max + gamma), and mala and hmc tune it during "
        "burn-in.",
        CHAINS,
        minimum=0,
        exclusive=True,
        short="--step",
    )
    halve_step: bool = option(
        True, "Run sgld also at half the step, and remove the bias that is proportional to it.", CHAINS
    )
    leapfrog_steps: int = option(10, "Leapfrog steps of hmc per draw.", CHAINS, minimum=1, maximum=1000)
    minibatch_size: int = option(
        512, "Images per minibatch of sgld; each chain has its own. All images if there are fewer.", CHAINS, minimum=1
    )
    chains: int = option(10, "Number of chains.", CHAINS, minimum=1, maximum=10**5)
    draws: int = option(500, "Draws per chain after burn-in.", CHAINS, minimum=4, maximum=10**7)
    burn_in: int | None = option(
        None, "Draws dropped at the beginning of each chain; as many as --draws if not given.", CHAINS, minimum=0
    )
    trace_every: int = option(
        1, "Keep every one of this many draws of each chain in llc_trace.", CHAINS, minimum=1, recorded=True
    )
    seed: int = option(0, "Seed of the chains' noise.", CHAINS, minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.power % 2:
            raise UsageError(f"--power {self.power} is odd, so that there is no minimum.", "Choose an even one.")
        if len(self.curvatures) != len(self.other_curvatures) and self.potential == "two-basins":
            raise UsageError(
                f"--curvatures has {len(self.curvatures)} numbers and --other-curvatures {len(self.other_curvatures)}.",
                "Both basins have the same dimension: give as many.",
            )
        _check_shape(self.shape, self.true_rank)
        self._check_applicable()

    def _check_applicable(self) -> None:
        """Refuse options of other potentials, or of runs."""
        known_by = {name: potentials for name, potentials in TAKEN_BY.items() if self.potential not in potentials}
        refused = [*known_by, *(OF_RUNS if self.potential else ())]
        for name in refused:
            if getattr(self, name) != getattr(type(self), name):
                what = f"--potential {self.potential}" if self.potential else "a RUN"
                takers = f"--potential {' and '.join(known_by[name])}" if name in known_by else "a RUN"
                raise UsageError(
                    f"{option_flag(name)} does not apply to {what}.", f"Leave it out: it is an option of {takers}."
                )

    @property
    def potential_name(self) -> str:
        """What the potential is called: of a file, its name without folder and suffix."""
        return Path(str(self.potential)).stem

    def filled(self) -> Self:
        """Return the config with the defaults filled in that depend on the potential and on other options."""
        filled = replace(self, burn_in=self.draws if self.burn_in is None else self.burn_in)
        if self.potential is None:
            return filled._with_defaults(localization=NETWORK_LOCALIZATION, sampler="sgld")
        localization = LOCALIZATION.get(self.potential, 0.0)
        return filled._with_defaults(localization=localization, sampler="hmc", n_beta=DEFAULT_N_BETA)

    def _with_defaults(self, **defaults: Any) -> Self:
        return replace(self, **{name: value for name, value in defaults.items() if getattr(self, name) is None})


def known(value: Known | None) -> Known:
    """Return an option that `LlcConfig.filled` has filled in.

    Raises:
        ValueError: If it has not.
    """
    if value is None:
        raise ValueError("the config is not filled")
    return value


def is_file(potential: str) -> bool:
    """Return whether a potential is defined by a user's file."""
    return potential.endswith(".py")


def _check_shape(shape: tuple[int, ...], rank: int) -> None:
    if len(shape) != 3:
        raise UsageError(f"--shape {','.join(map(str, shape))} is not m,h,n.", "Give three numbers, such as 5,3,5.")
    if rank > min(shape):
        raise UsageError(f"--rank {rank} is more than B A of --shape can have: {min(shape)}.", "Choose a lower rank.")


LLC = Experiment(
    name="llc",
    config=LlcConfig,
    about="""Measure the local learning coefficient: how the volume of low loss around the parameters scales.

    lambda = n beta (E[L] - L(w*)), with E over Langevin chains of the law exp(-n beta L(w) - gamma/2 |w - w*|^2).
    Measures the RUNs that are named, or makes a run of a --potential: one whose coefficient is known, or your own.
    Writes tables/llc.parquet, one row per state, and llc_trace.parquet, the loss of each chain along its draws.
    """,
    tables=("llc", "llc_trace"),
    shown=(
        *("state", "sampler", "llc", "stderr", "llc_theory"),
        *("occupancy_ratio", "occupancy_ratio_stderr", "occupancy_ratio_theory", "r_hat", "ess", "verdict"),
    ),
    make="llc:llc",
    measure="llc:measure",
    cost="llc:work",
)
