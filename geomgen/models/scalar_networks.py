"""Many small networks with one output as one function of their parameters, which an independent normal prior gives."""

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.models.flat_networks import FlatNetworks


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

    @cached_property
    def shape(self) -> FlatNetworks:
        """The networks as rows of their parameters."""
        return FlatNetworks((self.inputs.shape[1], *self.hidden, 1), bool(self.sigma_b), self.activation)

    @cached_property
    def std(self) -> Float64[Tensor, " D"]:
        """Standard deviation of each parameter under the prior: of each layer its weights, then its biases."""
        parts = [
            torch.full((count,), std, dtype=torch.float64)
            for fan_in, fan_out in pairwise(self.shape.layers)
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
        return self.shape.outputs(points * self.std, inputs.T)

    def jacobian(
        self, points: Float64[Tensor, "K D"], inputs: Float64[Tensor, "m n"]
    ) -> tuple[Float64[Tensor, "K m"], Float64[Tensor, "K m D"]]:
        """Return the outputs of K networks, and their derivatives with respect to z.

        Args:
            points: z of each.
            inputs: At which they are evaluated.
        """
        outputs, rows = self.shape.jacobian(points * self.std, inputs.T)
        return outputs, rows.mul_(self.std)

    def last_hidden(self, points: Float64[Tensor, "K D"], inputs: Float64[Tensor, "m n"]) -> Float64[Tensor, "K h m"]:
        """Return what K networks' last linear map is applied to: the activations of the last hidden layer.

        Args:
            points: z of each.
            inputs: At which they are evaluated; without hidden layers it is these.
        """
        return self.shape.last_units(points * self.std, inputs.T)
