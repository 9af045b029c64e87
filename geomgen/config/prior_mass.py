"""Options of ``geomgen prior-mass``."""

from dataclasses import dataclass, replace
from typing import Self

from geomgen.config.architecture import NORMAL
from geomgen.config.experiment import Experiment
from geomgen.config.target import TargetConfig
from geomgen.errors import UsageError
from geomgen.fields import option

SAMPLING, RAO_BLACKWELL, INFINITE_WIDTH, SPLITTING = "sampling", "rao-blackwell", "infinite-width", "splitting"
ROUTES = (SAMPLING, RAO_BLACKWELL, INFINITE_WIDTH, SPLITTING)
FEWEST_REPLICATES = 8


@dataclass(frozen=True)
class PriorMassConfig(TargetConfig):
    """By which routes the prior mass of zero error is estimated, and how much each draws."""

    route: tuple[str, ...] | None = option(
        None,
        "sampling: the fraction of drawn networks that fit; rao-blackwell: hidden layers are drawn, and the last layer "
        "integrated out; infinite-width: the limit, a Gaussian process; splitting: level by level, for masses that "
        "nothing else reaches. All that apply if not given: all but sampling need --init normal, and infinite-width "
        "--activation relu.",
        "Estimates",
        choices=ROUTES,
        listed=True,
    )
    draws: int = option(100_000, "Networks drawn for sampling.", "Estimates", minimum=1, maximum=10**12)
    kernels: int = option(300, "Hidden layers drawn for rao-blackwell.", "Estimates", minimum=2, maximum=10**7)
    particles: int = option(300, "Networks that splitting moves at a time.", "Estimates", minimum=20, maximum=10**6)
    replicates: int = option(
        FEWEST_REPLICATES,
        "Independent repeats of splitting, whose spread gives its interval.",
        "Estimates",
        minimum=FEWEST_REPLICATES,
        maximum=1000,
    )
    most_moves: int = option(
        80,
        "Most moves per level of splitting: they are doubled from 10 until doubling changes nothing.",
        "Estimates",
        minimum=20,
        maximum=10**6,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for route in self.route or ():
            if obstacle := self._obstacle(route):
                name, needed = obstacle
                raise UsageError(
                    f"--route {route} does not apply to --{name} {getattr(self, name)}.",
                    f"Choose --{name} {needed}, or --route {SAMPLING}.",
                )

    def _obstacle(self, route: str) -> tuple[str, str] | None:
        """Return the option that a route does not apply to, and what it needs; None if it applies."""
        if route != SAMPLING and self.init != NORMAL:
            return "init", NORMAL
        return ("activation", "relu") if route == INFINITE_WIDTH and self.activation != "relu" else None

    def filled(self) -> Self:
        """Return the config with the routes that apply, and those of the target."""
        applicable = tuple(route for route in ROUTES if not self._obstacle(route))
        return replace(super().filled(), route=self.route or applicable)


PRIOR_MASS = Experiment(
    name="prior-mass",
    config=PriorMassConfig,
    about="""Measure the prior mass of zero error: how probable is it that a network fits before it is trained?

    ln P(S), S the known values of a target, by routes that check each other. -ln P(S) is the divergence of the
    posterior from the prior. Writes tables/prior_mass.parquet, one row per route.
    """,
    tables=("prior_mass",),
    shown=(
        *("route", "log_mass_nats", "log_mass_nats_low", "log_mass_nats_high", "stderr"),
        *("difference_nats", "allowed_nats", "agrees", "verdict"),
    ),
    make="prior_mass:prior_mass",
    cost="prior_mass:work",
)
