"""Many small networks with one output as one function of their parameters, which an independent normal prior gives."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.models.activations import ACTIVATIONS


@dataclass(frozen=True)
class ScalarNetworks:
    """Fully connected networks of D parameters in units of their prior: z is standard normal, weights are z std.

    Attributes:
        inputs: ``(N, n)`` float64.
        hidden: Units of each hidden layer.
        activation: Name of the activation.
        sigma_w: Weights have the standard deviation sigma_w / sqrt(fan_in).
        sigma_b: Biases have this one; there are none if it is 0.
    """

    inputs: Float64[Tensor, "N n"]
    hidden: tuple[int, ...]
    activation: str
    sigma_w: float
    sigma_b: float

    @property
    def _maps(self) -> Iterator[tuple[int, int]]:
        return pairwise((self.inputs.shape[1], *self.hidden, 1))

    @property
    def std(self) -> Float64[Tensor, " D"]:
        """Standard deviation of each parameter under the prior: of each layer its weights, then its biases."""
        parts = [
            torch.full((count,), std, dtype=torch.float64)
            for fan_in, fan_out in self._maps
            for count, std in (
                (fan_in * fan_out, self.sigma_w / math.sqrt(fan_in)),
                (fan_out * bool(self.sigma_b), self.sigma_b),
            )
        ]
        return torch.cat(parts)

    def outputs(self, points: Float64[Tensor, "K D"], inputs: Float64[Tensor, "m n"]) -> Float64[Tensor, "K m"]:
        """Return the outputs of K networks.

        Args:
            points: z of each.
            inputs: At which they are evaluated.
        """
        *_, last = self._passed(points, inputs)
        return last.squeeze(1)

    def last_hidden(self, points: Float64[Tensor, "K D"], inputs: Float64[Tensor, "m n"]) -> Float64[Tensor, "K h m"]:
        """Return what K networks' last linear map is applied to: the activations of the last hidden layer.

        Args:
            points: z of each.
            inputs: At which they are evaluated; without hidden layers it is these.
        """
        *_, hidden, _ = [inputs.T.expand(len(points), -1, -1), *self._passed(points, inputs)]
        return ACTIVATIONS[self.activation]()(hidden) if self.hidden else hidden

    def _passed(self, points: Float64[Tensor, "K D"], inputs: Float64[Tensor, "m n"]) -> Iterator[Tensor]:
        """Yield the pre-activations of each layer, ``(K, units, m)``."""
        parameters, done = points * self.std, 0
        activation = ACTIVATIONS[self.activation]()
        units = inputs.T.expand(len(points), -1, -1)
        for layer, (fan_in, fan_out) in enumerate(self._maps):
            units = activation(units) if layer else units
            weights = parameters[:, done : done + fan_in * fan_out].unflatten(1, (fan_out, fan_in))
            done += fan_in * fan_out
            units = weights @ units
            if self.sigma_b:
                units = units + parameters[:, done : done + fan_out, None]
                done += fan_out
            yield units
