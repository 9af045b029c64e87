"""Options of networks that are drawn many at a time: which functions of which inputs they compute."""

from dataclasses import dataclass, replace
from typing import Any, Self

from geomgen.config.architecture import NORMAL, InitialisationConfig, init_option
from geomgen.config.measure import device_option, threads_option
from geomgen.errors import UsageError
from geomgen.fields import option

BOOLEAN, MNIST = "boolean", "mnist"
NO_HIDDEN = "none"
TASK_OPTIONS = {"inputs": (BOOLEAN, 7), "images": (MNIST, 100), "pool": (MNIST, 4)}
"""Which task has an option, and what it is if it is not given."""
LARGEST_WIDTH = 10**5
IMAGE_SIDE = 28


@dataclass(frozen=True)
class RandomNetworkConfig(InitialisationConfig):
    """Networks with one output, and the inputs at which its sign is their function."""

    task: str = option(
        BOOLEAN,
        "Inputs of the function: boolean (all 2^n inputs of n bits) or mnist (pooled training images).",
        "Task",
        choices=(BOOLEAN, MNIST),
    )
    inputs: int | None = option(
        None,
        "Bits n of --task boolean; input i holds the binary digits of i as 0 and 1, the highest first. 7 if not given.",
        "Task",
        minimum=1,
        maximum=14,
    )
    images: int | None = option(
        None,
        "Number of images of --task mnist, the first of the training images. 100 if not given.",
        "Task",
        minimum=1,
        maximum=10_000,
    )
    pool: int | None = option(
        None,
        "Side of the squares of pixels of --task mnist that are averaged: 1, 2, 4, 7, 14 or 28. 4 if not given, which "
        "leaves 7 x 7 pixels.",
        "Task",
        minimum=1,
    )
    hidden: str = option(
        "40,40",
        f"Units of each hidden layer, from the first to the last; {NO_HIDDEN} for a perceptron.",
        "Model",
        choices=(NO_HIDDEN,),
        forms=(("N[,N...]", r"[1-9]\d*(,[1-9]\d*)*"),),
    )
    activation: str = option(
        "relu",
        "Activation after each hidden layer: relu, tanh, gelu (exact), square (x^2), or identity.",
        "Model",
        choices=("relu", "tanh", "gelu", "square", "identity"),
    )
    bias: int = option(1, "Whether the linear maps add a bias: 1 or 0.", "Model", minimum=0, maximum=1)
    init: str = init_option(NORMAL)
    seed: int = option(0, "Seed of all random draws.", "Draws", minimum=0)
    device: str = device_option()
    threads: int | None = threads_option()

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, (task, _) in TASK_OPTIONS.items():
            if getattr(self, name) is not None and self.task != task:
                raise UsageError(
                    f"--{name} {getattr(self, name)} does not apply to --task {self.task}.",
                    f"It is an option of --task {task}.",
                )
        if max(self.sizes, default=1) > LARGEST_WIDTH:
            raise UsageError(
                f"--hidden {self.hidden} is too wide.", f"Give each layer at most {LARGEST_WIDTH:,} units."
            )
        if self.sigma_b and not self.bias:
            raise UsageError(
                f"--sigma-b {self.sigma_b:g} has no biases to apply to: --bias 0 leaves them out.",
                "Leave out one of them.",
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Units of each hidden layer."""
        return () if self.hidden == NO_HIDDEN else tuple(map(int, self.hidden.split(",")))

    @property
    def num_inputs(self) -> int:
        """Number of inputs at which a function has a value, of a filled config."""
        return 2 ** (self.inputs or 0) if self.task == BOOLEAN else self.images or 0

    @property
    def input_dim(self) -> int:
        """Number of bits or pixels of an input, of a filled config."""
        return self.inputs or (IMAGE_SIDE // (self.pool or 1)) ** 2

    def filled(self) -> Self:
        """Return the config with the task's own options, and those of the initialisation."""
        own = {name: usual for name, (task, usual) in TASK_OPTIONS.items() if task == self.task}
        missing: dict[str, Any] = {name: usual for name, usual in own.items() if getattr(self, name) is None}
        return replace(super().filled(), **missing)
