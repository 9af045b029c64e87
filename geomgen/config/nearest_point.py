"""Options of ``geomgen nearest-point``."""

from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.config.experiment import Experiment
from geomgen.config.measure import device_option, threads_option
from geomgen.errors import UsageError
from geomgen.fields import option

PRODUCT, NETWORK = "product", "network"
PROBLEM, SEARCH = "Problem", "Search"
FEWEST_NETWORKS = 20


@dataclass(frozen=True)
class NearestPointConfig(Config):
    """Which equations are to be solved exactly, from which starting points, and how far the search goes."""

    problem: str = option(
        NETWORK,
        "network: networks that fit a few values of a Boolean function exactly, as 1 and -1; product: a b = 0.6 from "
        "(2.8, 3.5).",
        PROBLEM,
        choices=(NETWORK, PRODUCT),
    )
    inputs: int = option(5, "Bits n of the function, given to the network as 1 and -1.", PROBLEM, minimum=1, maximum=14)
    target: str = option(
        "majority",
        "Function: majority of the bits, their parity, the first bit, or random values.",
        PROBLEM,
        choices=("majority", "parity", "first", "random"),
    )
    train_size: int = option(8, "Inputs at which it is fitted, drawn at random.", PROBLEM, minimum=1, maximum=1000)
    width: int = option(16, "Units of each hidden layer.", "Model", minimum=1, maximum=10_000)
    depth: int = option(1, "Hidden layers.", "Model", minimum=1, maximum=20)
    activation: str = option(
        "tanh",
        "Activation after each hidden layer: tanh, gelu (exact), square (x^2), or identity. Those with a kink have no "
        "smooth surface.",
        "Model",
        choices=("tanh", "gelu", "square", "identity"),
    )
    sigma_w: float = option(
        1.0, "Weights begin as N(0, sigma_w^2 / fan_in).", "Model", minimum=0, exclusive=True, maximum=1e6
    )
    sigma_b: float = option(0.1, "Biases begin as N(0, sigma_b^2); 0 for none.", "Model", minimum=0, maximum=1e6)
    parametrisation: str = option(
        "standard",
        "Coordinates of gradient descent and of distances. standard: the parameters; ntk: the parameters over their "
        "initial standard deviations.",
        "Model",
        choices=("standard", "ntk"),
    )
    networks: int = option(
        100, "Networks, each from its own initialisation.", SEARCH, minimum=FEWEST_NETWORKS, maximum=10**5
    )
    searches: int = option(
        4,
        "Searches for each nearest point: from where training ended, from the initialisation, and from random points "
        "around it.",
        SEARCH,
        minimum=2,
        maximum=1000,
    )
    draws: int = option(
        50, "Draws per chain that samples the surface, after half as many that are dropped.", SEARCH, minimum=4
    )
    seed: int = option(0, "Seed of all random draws.", SEARCH, minimum=0)
    device: str = device_option()
    threads: int | None = threads_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.train_size > 2**self.inputs:
            raise UsageError(
                f"--train-size {self.train_size} is more than the {2**self.inputs} inputs of {self.inputs} bits.",
                f"Give at most {2**self.inputs}.",
            )

    @property
    def num_parameters(self) -> int:
        """Parameters of the network."""
        sizes = (self.inputs, *[self.width] * self.depth, 1)
        return sum((sizes[i] + bool(self.sigma_b)) * sizes[i + 1] for i in range(len(sizes) - 1))


NEAREST_POINT = Experiment(
    name="nearest-point",
    config=NearestPointConfig,
    about="""Does training end at the nearest point that fits, and is it a sample of the prior among those that fit?

    Follows gradient flow of the squared error from many initialisations to the surface of parameters that fit all
    training inputs exactly, searches for the nearest point of that surface, measures how it is curved, and compares
    the trained points with samples of the prior restricted to the surface, conditioned on it, and pushed to the nearest
    points. Writes tables/nearest_points.parquet, one row per network, nearest_point_summary.parquet, one row, and
    surface_laws.parquet, one row per law.
    """,
    tables=("nearest_point_summary", "nearest_points", "surface_laws"),
    shown=(
        *("num_converged", "distance_ratio", "linear_ratio", "relative_distance"),
        *("log10_curvature_range", "log_curvature_std", "log_prior_std"),
    ),
    make="nearest_point:nearest_point",
    cost="nearest_point:work",
)
