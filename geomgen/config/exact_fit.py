"""Options of networks that are trained to fit a few values of a Boolean function exactly, many of one shape at once."""

from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.config.measure import device_option, threads_option
from geomgen.errors import UsageError
from geomgen.fields import option

PROBLEM, NETWORKS = "Problem", "Networks"
FEWEST_NETWORKS = 20


@dataclass(frozen=True)
class ExactFitConfig(Config):
    """Which values networks fit exactly, their shape, and from how many initialisations."""

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
        100, "Networks, each from its own initialisation.", NETWORKS, minimum=FEWEST_NETWORKS, maximum=10**5
    )
    seed: int = option(0, "Seed of all random draws.", NETWORKS, minimum=0)
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
