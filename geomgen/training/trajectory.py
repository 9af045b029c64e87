"""How far and along what path training moves the parameters."""

import math
from collections.abc import Sequence
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


def ratio(moved: float, whole: float) -> float | None:
    """Return a length as a multiple of another one; None of a length of 0, of which nothing is a multiple."""
    return moved / whole if whole else None


def displacement(vector: Float[Tensor, " D"], before: Float[Tensor, " D"]) -> tuple[float, float | None]:
    """Return the distance of a parameter vector from an earlier one, and what it is as a multiple of that one's length.

    The second is None if that length is 0.
    """
    moved = distance(vector, before)
    return moved, ratio(moved, length(before))


def _sum_of_squares(chunk: Tensor) -> float:
    wide = chunk.double()
    return float(torch.dot(wide, wide))


@dataclass
class StratifiedSum:
    """A sum over steps, estimated from a random sample of each stratum of them: sum_h N_h mean_h.

    Attributes:
        total: The estimate, unbiased whatever the values are.
        variance: An unbiased estimate of its variance, sum_h N_h^2 (1 - n_h/N_h) s_h^2/n_h; 0 if all were seen.
    """

    total: float = 0.0
    variance: float = 0.0

    def add(self, sample: Sequence[float], num_steps: int) -> None:
        """Add a stratum.

        Args:
            sample: Values at some of its steps, drawn without replacement: all, or at least two.
            num_steps: Steps of the stratum.
        """
        count, mean = len(sample), math.fsum(sample) / len(sample)
        self.total += num_steps * mean
        if count < num_steps:
            spread = math.fsum((value - mean) ** 2 for value in sample) / (count - 1)
            self.variance += num_steps * (num_steps - count) * spread / count

    @property
    def stderr(self) -> float:
        """The standard error of the estimate."""
        return math.sqrt(self.variance)


@dataclass
class Trajectory:
    """Length of the path and size of the gradients, from the measured steps of each stratum.

    Attributes:
        path: Length of the path, over all strata that have ended.
        gradients: Sum of the gradient's norms over this epoch's strata that have ended.
        num_measured: Steps measured in this epoch.
        shortest: Largest distance that the path is known to have bridged: it cannot be shorter.
        open_lengths: Lengths of the measured steps of the current stratum.
        open_norms: Norms of their gradients.
    """

    path: StratifiedSum = field(default_factory=StratifiedSum)
    gradients: StratifiedSum = field(default_factory=StratifiedSum)
    num_measured: int = 0
    shortest: float = 0.0
    open_lengths: list[float] = field(default_factory=list)
    open_norms: list[float] = field(default_factory=list)

    def add(self, step_length: float, gradient_norm: float) -> None:
        """Add one measured step."""
        self.open_lengths.append(step_length)
        self.open_norms.append(gradient_norm)

    def end_stratum(self, num_steps: int) -> None:
        """Add a stratum of this many steps, whose measured ones have been added."""
        self.path.add(self.open_lengths, num_steps)
        self.gradients.add(self.open_norms, num_steps)
        self.num_measured += len(self.open_lengths)
        self.open_lengths, self.open_norms = [], []

    def path_length(self, distance: float) -> float:
        """Return the length of the path up to the end of the last stratum, at least the distance that it bridges."""
        return max(self.path.total, self.shortest, distance)

    def bridge(self, distance: float) -> None:
        """Record a distance that the path has bridged."""
        self.shortest = max(self.shortest, distance)

    def next_epoch(self) -> "Trajectory":
        """Return the record to continue with once an epoch has ended."""
        return Trajectory(path=self.path, shortest=self.shortest)

    @classmethod
    def from_mapping(cls, mapping: dict[str, Any]) -> Self:
        """Return the record that ``dataclasses.asdict`` made a mapping of."""
        sums = {name: StratifiedSum(**mapping[name]) for name in ("path", "gradients")}
        return cls(**{**mapping, **sums})
