"""Chains that sample networks which fit known values, started from draws of the prior."""

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.elliptical_slice import elliptical_step
from geomgen.numerics.packed_bits import Bits

MOST_APPROACH = 1000
"""Steps within which every chain has to come to fit."""


class SliceChains:
    """Chains of elliptical slice sampling, from draws of the prior to networks that fit.

    Until a chain fits, it samples the networks that make no more errors than its own.

    Args:
        networks: How networks are drawn, with --init normal.
        target: The values to fit.
        count: Number of chains.
        source: Source of randomness.

    Raises:
        UsageError: If a chain does not come to fit.
    """

    def __init__(self, networks: RandomNetworks, target: Target, count: int, source: torch.Generator) -> None:
        self._shape, self._scale, self._source = networks.shape, networks.standard_deviations(), source
        self._inputs, self._known = target.inputs.T, target.inputs[target.known].T
        self._values = target.values[target.known]
        self._states = torch.randn(count, len(self._scale), generator=source)
        self._limits = self._errors(self._states)
        for _ in range(MOST_APPROACH):
            if not self._limits.any():
                return
            self.step()
            self._limits = self._errors(self._states)
        raise UsageError(
            f"{int((self._limits > 0).sum())} of {count} chains found no network that fits the {len(self._values)} "
            f"known values in {MOST_APPROACH:,} steps.",
            "Give fewer --train-size, another --target, a wider --hidden, or --sigma-b above 0.",
        )

    def step(self) -> None:
        """Move each chain once."""
        self._states = elliptical_step(self._states, self._inside, self._source)

    def parameters(self) -> Float[Tensor, "chains parameters"]:
        """Return those of each chain's network."""
        return self._states * self._scale

    def functions(self) -> Bits:
        """Return the function of each chain's network."""
        return np.asarray(self._shape.outputs(self.parameters(), self._inputs).gt(0).numpy())

    def _inside(self, states: Float[Tensor, "some dim"], chains: Int64[Tensor, " some"]) -> Bool[Tensor, " some"]:
        return self._errors(states) <= self._limits[chains]

    def _errors(self, states: Float[Tensor, "some dim"]) -> Int64[Tensor, " some"]:
        outputs = self._shape.outputs(states * self._scale, self._known)
        return ((outputs > 0) != self._values).sum(1)
