"""Many small networks with one output, drawn at random and evaluated together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import torch
from jaxtyping import Float32
from torch import Tensor

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.models.activations import in_place
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.initial import draw_maps

CACHED_NUMBERS, MOST_NETWORKS = 600_000, 1000
"""A block's parameters and activations, 2.4 MB, stay in the cache: 50 networks of 7-40-40-1 on 128 inputs."""


@dataclass(frozen=True)
class RandomNetworks:
    """Networks that are drawn in blocks, each from a generator of its own, and evaluated at the same inputs.

    So a network depends on neither other blocks nor the thread that draws it. Its numbers are rounded alike each time,
    since a block is always multiplied as a whole.

    Attributes:
        inputs: ``(inputs, n)`` float32.
        config: Hidden layers, biases and initialisation.
    """

    inputs: Float32[Tensor, "inputs n"]
    config: RandomNetworkConfig

    @classmethod
    def outline(cls, config: RandomNetworkConfig, num_inputs: int) -> Self:
        """Return the networks at inputs that take no memory, to count what they will take.

        Args:
            config: Filled options.
            num_inputs: Number of inputs at which they will be evaluated.
        """
        return cls(torch.zeros(()).expand(num_inputs, config.input_dim), config)

    @property
    def layers(self) -> tuple[int, ...]:
        """Numbers of units from the inputs to the output."""
        return (self.inputs.shape[1], *self.config.sizes, 1)

    @property
    def shape(self) -> FlatNetworks:
        """Their shape, for parameters that are given."""
        return FlatNetworks(self.layers, bool(self.config.bias), self.config.activation)

    @property
    def num_parameters(self) -> int:
        """Parameters of each network."""
        return sum((before + self.config.bias) * after for before, after in pairwise(self.layers))

    @property
    def numbers_per_network(self) -> int:
        """Parameters and activations of each network."""
        return self.num_parameters + sum(self.layers[1:]) * len(self.inputs)

    @property
    def block(self) -> int:
        """Networks per block."""
        return min(MOST_NETWORKS, max(1, CACHED_NUMBERS // self.numbers_per_network))

    def outputs(self, source: torch.Generator) -> Float32[Tensor, "networks inputs"]:
        """Return the outputs of a block's networks.

        Args:
            source: Source of the block's randomness.
        """
        activation, units = in_place(self.config.activation), self.inputs.T.contiguous()
        for index, (weights, biases) in enumerate(self._maps(source, self.block)):
            if index:
                sums = weights @ activation(units)
            else:  # all networks have the same inputs: one product
                sums = (weights.flatten(0, 1) @ units).unflatten(0, weights.shape[:2])
            units = sums.add_(biases.unsqueeze(2)) if self.config.bias and biases.any() else sums
        return units.squeeze(1)

    def parameters(self, source: torch.Generator, count: int) -> Float32[Tensor, "networks parameters"]:
        """Return the parameters of some networks, each a vector: layer by layer, the weights and then the biases.

        Args:
            source: Source of randomness.
            count: Number of networks.
        """
        drawn = [[weights.flatten(1), biases][: 1 + self.config.bias] for weights, biases in self._maps(source, count)]
        return torch.cat([part for layer in drawn for part in layer], 1)

    def standard_deviations(self) -> Float32[Tensor, " parameters"]:
        """Return those of the parameters of ``--init normal``, in the order of `parameters`."""
        sigma_w, sigma_b = self.config.sigmas
        parts = [
            torch.full((fan_out * count,), value)
            for fan_in, fan_out in pairwise(self.layers)
            for value, count in ((sigma_w / math.sqrt(fan_in), fan_in), (sigma_b, self.config.bias))
        ]
        return torch.cat(parts)

    def _maps(self, source: torch.Generator, count: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the weights and biases of each layer of some networks."""
        for fan_in, fan_out in pairwise(self.layers):
            weights, biases = torch.empty(count, fan_out, fan_in), torch.zeros(count, fan_out)
            draw_maps(weights, biases, source, self.config.init, self.config.sigmas)
            yield weights, biases
