"""Options of ``geomgen modified-flow``."""

from dataclasses import dataclass, replace
from typing import Self

from geomgen.config.base import Config, refuse_given
from geomgen.config.experiment import Experiment
from geomgen.config.measure import device_option, threads_option
from geomgen.fields import option

PRODUCT, NETWORK = "product", "network"
DEFAULT_STEP = {PRODUCT: 2e-3, NETWORK: 0.1}
OF_NETWORK = ("width", "samples", "seed")


@dataclass(frozen=True)
class ModifiedFlowConfig(Config):
    """Which loss is minimised, and with which step sizes."""

    problem: str = option(
        PRODUCT,
        "product: E = (0.6 - a b)^2 / 2 from (2.8, 3.5); network: a tanh network on random data from a random "
        "initialisation.",
        "Problem",
        choices=(PRODUCT, NETWORK),
    )
    width: int = option(8, "Hidden units of the network.", "Problem", minimum=1, maximum=1000)
    samples: int = option(
        20, "Data points for the network, each with 4 inputs and 1 target.", "Problem", minimum=1, maximum=10**5
    )
    seed: int = option(0, "Seed of the network's initial parameters and data.", "Problem", minimum=0)
    largest_step: float | None = option(
        None, "Largest step size h: 0.002 for product, 0.1 for network.", "Steps", minimum=0, exclusive=True
    )
    halvings: int = option(6, "How many times h is halved.", "Steps", minimum=2, maximum=20)
    device: str = device_option()
    threads: int | None = threads_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.problem == PRODUCT:
            refuse_given(self, OF_NETWORK, f"--problem {PRODUCT}", f"--problem {NETWORK}")

    def filled(self) -> Self:
        """Return the config with the problem's default for the largest step size, if none is given."""
        return replace(self, largest_step=self.largest_step or DEFAULT_STEP[self.problem])


MODIFIED_FLOW = Experiment(
    name="modified-flow",
    config=ModifiedFlowConfig,
    about="""Compare one gradient-descent step with gradient flow: how does their distance scale with the step size h?

    As h^2 for gradient flow, and as h^3 for the flow of E + (h/4) |grad E|^2, which is E + lambda E_corr.
    Writes tables/modified_flow_orders.parquet, one row per flow, and modified_flow.parquet, one row per flow and step
    size.
    """,
    tables=("modified_flow_orders", "modified_flow"),
    shown=("problem", "correction", "order", "order_low", "order_high", "order_theory", "num_steps"),
    make="modified_flow:modified_flow",
    cost="modified_flow:work",
)
