"""Options of ``geomgen llc``."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar

from geomgen.config.experiment import Experiment
from geomgen.config.potential import DEFAULT_N_BETA, Law, PotentialConfig
from geomgen.fields import option

Known = TypeVar("Known", int, float, str)
CHAINS, LAW = "Chains", "Stationary law"
LOCALIZATION = {"reduced-rank": 1.0}
"""gamma of potentials that are flat far away; 0 of the others."""
NETWORK_LOCALIZATION = 100.0


@dataclass(frozen=True)
class LlcConfig(PotentialConfig):
    """Around which parameters chains run, by which law, and how."""

    OF_RUNS: ClassVar[tuple[str, ...]] = (*PotentialConfig.OF_RUNS, "samples", "dense_limit", "minibatch_size")

    state: tuple[str, ...] = option(
        ("final",),
        "Which parameters to measure: initial, final, or a checkpoint such as step-000938.",
        "Parameters",
        listed=True,
    )
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

    @property
    def law(self) -> Law:
        """The law of the chains; the config is filled."""
        return Law(known(self.n_beta), known(self.localization))

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
