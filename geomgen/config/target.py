"""Options of what is learnt: a target function of a task's inputs, known at some of them."""

from dataclasses import dataclass, replace
from typing import Self

from geomgen.config.random_networks import BOOLEAN, MNIST, RandomNetworkConfig
from geomgen.errors import UsageError
from geomgen.fields import option

MAJORITY, PARITY, FIRST, RANDOM, LABELS = "majority", "parity", "first", "random", "labels"
TASK_TARGETS = {BOOLEAN: (MAJORITY, PARITY, FIRST, RANDOM), MNIST: (LABELS, RANDOM)}
"""The targets of each task, the first for when none is given."""


@dataclass(frozen=True)
class TargetConfig(RandomNetworkConfig):
    """Which function is the target, and at how many inputs it is known."""

    target: str | None = option(
        None,
        "Function to learn. Of bits: majority (1 if more than half are 1), parity (1 if their number is odd), "
        "first (the first bit); of images: labels (1 for odd digits); of both: random (values by coin toss). "
        "majority or labels if not given.",
        "Task",
        choices=(MAJORITY, PARITY, FIRST, LABELS, RANDOM),
    )
    train_size: int | None = option(
        None,
        "Number of inputs whose values are known, chosen at random by the seed. Half of all inputs if not given.",
        "Task",
        minimum=1,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        fitting = TASK_TARGETS[self.task]
        if self.target is not None and self.target not in fitting:
            raise UsageError(
                f"--target {self.target} does not apply to --task {self.task}.", f"Choose one of: {', '.join(fitting)}."
            )

    def filled(self) -> Self:
        """Return the config with the task's target and number of known values.

        Raises:
            UsageError: If there are fewer inputs than known values.
        """
        config = super().filled()
        size = config.train_size or max(1, config.num_inputs // 2)
        if size > config.num_inputs:
            raise UsageError(
                f"--train-size is {size:,}, but --task {config.task} has {config.num_inputs:,} inputs.",
                f"Give 1 to {config.num_inputs:,}.",
            )
        return replace(config, target=config.target or TASK_TARGETS[config.task][0], train_size=size)
