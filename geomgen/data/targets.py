"""Inputs of a task, and functions of them to learn."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float32
from torch import Tensor

from geomgen.config.random_networks import BOOLEAN, MNIST, RandomNetworkConfig
from geomgen.config.target import LABELS, TargetConfig
from geomgen.data.boolean import boolean_function, boolean_inputs
from geomgen.data.dataset import Split
from geomgen.data.load import load_dataset
from geomgen.data.transforms import as_float


class Target(NamedTuple):
    """A function to learn, and where it is known.

    Attributes:
        inputs: All inputs, ``(inputs, n)``.
        values: The function, ``(inputs,)``: whether a network's output is to be above 0.
        known: ``(inputs,)``: which are for training; all others are for testing.
    """

    inputs: Float32[Tensor, "inputs n"]
    values: Bool[Tensor, " inputs"]
    known: Bool[Tensor, " inputs"]


def task_inputs(config: RandomNetworkConfig) -> Float32[Tensor, "inputs n"]:
    """Return the inputs of a task.

    Args:
        config: Options; defaults are filled in.

    Raises:
        UsageError: If squares of that size do not tile the images.
    """
    if config.task == BOOLEAN:
        return boolean_inputs(config.inputs or 0)
    return as_float(_images(config).images).flatten(1)


def target_of(config: TargetConfig, source: torch.Generator) -> Target:
    """Return the target of a task, and a random choice of the inputs at which it is known.

    Args:
        config: Options; defaults are filled in.
        source: Source of randomness; the same inputs are known whatever the target is.

    Raises:
        UsageError: If squares of that size do not tile the images.
    """
    inputs = task_inputs(config)
    known = torch.zeros(len(inputs), dtype=torch.bool)
    known[torch.randperm(len(inputs), generator=source)[: config.train_size]] = True
    return Target(inputs, _values(inputs, config, source), known)


def _values(
    inputs: Float32[Tensor, "inputs n"], config: TargetConfig, source: torch.Generator
) -> Bool[Tensor, " inputs"]:
    if config.target == LABELS:
        return _images(config).labels.remainder(2).bool()
    return boolean_function(config.target or "", inputs, source)


def _images(config: RandomNetworkConfig) -> Split:
    return load_dataset(MNIST, config.pool or 1).train.first(config.images or 0)
