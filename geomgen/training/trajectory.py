"""How far and along what path training moves the parameters."""

import math
from dataclasses import dataclass, field
from typing import Any, Self

import torch
from jaxtyping import Float
from torch import Tensor

CHUNK_NUMEL = 2**16


def distance(left: Float[Tensor, " D"], right: Float[Tensor, " D"]) -> float:
    """Return the Euclidean distance between two parameter vectors, summed in float64."""
    pairs = zip(left.detach().split(CHUNK_NUMEL), right.detach().split(CHUNK_NUMEL), strict=True)
    return math.sqrt(sum(_sum_of_squares(a - b) for a, b in pairs))


def length(vector: Float[Tensor, " D"]) -> float:
    """Return the Euclidean length of a parameter vector, summed in float64."""
    return math.sqrt(sum(_sum_of_squares(chunk) for chunk in vector.detach().split(CHUNK_NUMEL)))


def _sum_of_squares(chunk: Tensor) -> float:
    wide = chunk.double()
    return float(torch.dot(wide, wide))


@dataclass
class RunningMean:
    """Mean and spread of numbers seen one at a time, by Welford's recurrence."""

    count: int = 0
    mean: float = 0.0
    sum_of_squares: float = 0.0

    def add(self, value: float) -> None:
        """Add one number."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.sum_of_squares += step * (value - self.mean)

    def stderr(self, population: int) -> float:
        """Return the standard error of the mean of ``count`` numbers drawn without replacement from a population.

        s/sqrt(count) sqrt(1 - count/population): 0 when all of it was seen, NaN for one number out of many.
        """
        if self.count >= population:
            return 0.0
        if self.count < 2:
            return math.nan
        variance = self.sum_of_squares / (self.count - 1)
        return math.sqrt(variance / self.count * (1 - self.count / population))


@dataclass
class Trajectory:
    """Length of the path and size of the gradients, from every k-th step of each epoch.

    Each epoch is a stratum: its path length is the number of its steps times the mean length of the measured ones.
    """

    steps: RunningMean = field(default_factory=RunningMean)
    gradients: RunningMean = field(default_factory=RunningMean)
    past_length: float = 0.0
    past_variance: float = 0.0

    def add(self, step_length: float, gradient_norm: float) -> None:
        """Add one measured step."""
        self.steps.add(step_length)
        self.gradients.add(gradient_norm)

    def path_length(self, steps_per_epoch: int) -> tuple[float, float]:
        """Return the length of the path to the end of this epoch, and its standard error."""
        past, variance = self._through(steps_per_epoch)
        return past, math.sqrt(variance)

    def next_epoch(self, steps_per_epoch: int) -> "Trajectory":
        """Return the record to continue with once this epoch has ended."""
        past, variance = self._through(steps_per_epoch)
        return Trajectory(past_length=past, past_variance=variance)

    def _through(self, steps_per_epoch: int) -> tuple[float, float]:
        stderr = steps_per_epoch * self.steps.stderr(steps_per_epoch)
        return self.past_length + steps_per_epoch * self.steps.mean, self.past_variance + stderr**2

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> Self:
        """Return the record that ``dataclasses.asdict`` made a mapping of."""
        running = {name: RunningMean(**mapping[name]) for name in ("steps", "gradients")}
        return cls(**{**mapping, **running})
