"""Points of the optimal set: networks that fit, trained or drawn, each with its error, curvature and local volume."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import Target
from geomgen.measures.slice_chains import Mixing, SliceChains, fewest_draws, mixed
from geomgen.models.flat_networks import output_curvatures
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.chain_mean import MOST_R_HAT
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.posterior import OptimalSetPointRow

TRAINED, DRAWN = "trained", "drawn"
TINY = 1e-30
NOISE, NEIGHBOURS = 0.3, 256
"""Neighbours of a network differ from it by so many of the prior's standard deviations in each parameter."""


@dataclass(frozen=True)
class OptimalSetPoints:
    """Networks that fit, and how their error, curvature and local volume are found.

    Attributes:
        networks: How they are drawn, and all inputs.
        target: The values to fit.
        config: Options; resolved, with --init normal.
    """

    networks: RandomNetworks
    target: Target
    config: PosteriorConfig

    def rows(self, trained: Float[Tensor, "some parameters"], progress: OnProgress) -> list[OptimalSetPointRow]:
        """Return the rows of ``optimal_set_points``.

        Args:
            trained: Parameters of trained networks that fit.
            progress: Called now and then.
        """
        drawn, mixing = self.drawn(progress)
        return [*self._of_law(TRAINED, trained, None, progress), *self._of_law(DRAWN, drawn, mixing, progress)]

    def drawn(self, progress: OnProgress) -> tuple[Float[Tensor, "points parameters"], Mixing]:
        """Return the last network of each of several chains of slice sampling, and whether these agree.

        Args:
            progress: Called now and then.
        """
        source = generator(self.config.seed, "optimal-set-chains")
        chains = SliceChains(self.networks, self.target, self.config.optimal_points, source)

        def observe() -> NDArray[np.float64]:
            flat = chains.parameters()
            return torch.stack([self.test_errors(flat), self.log_traces(flat)], 1).numpy()

        def numbers(found: NDArray[np.generic]) -> Float[Tensor, "2 chains draws"]:
            return torch.from_numpy(found.T)

        draws = fewest_draws(self.config.optimal_points)
        _, mixing = mixed(chains, draws, MOST_R_HAT, observe, numbers, progress)
        return chains.parameters(), mixing

    def _of_law(
        self, law: str, flat: Float[Tensor, "points parameters"], mixing: Mixing | None, progress: OnProgress
    ) -> Iterator[OptimalSetPointRow]:
        chains = (mixing.r_hat, mixing.effective, mixing.is_mixed) if mixing else (None, None, None)
        errors, traces = self.test_errors(flat), self.log_traces(flat)
        source = generator(self.config.seed, f"neighbours-{law}")
        for number, network in enumerate(flat):
            progress(number, len(flat), f"neighbours of {law} networks")
            volume = self.log_volume(network, source)
            about = (float(errors[number]), float(traces[number]), volume)
            yield OptimalSetPointRow(law, number, *about, *chains)

    def test_errors(self, flat: Float[Tensor, "points parameters"]) -> Float[Tensor, " points"]:
        """Return the fraction of the inputs that are not known at which each network is wrong."""
        unknown = ~self.target.known
        outputs = self.networks.shape.outputs(flat, self.target.inputs[unknown].T)
        return ((outputs > 0) != self.target.values[unknown]).double().mean(1)

    def traces(self, flat: Float[Tensor, "points parameters"]) -> Float[Tensor, " points"]:
        """Return the trace of the Gauss-Newton matrix of the mean loss of the known values; ReLU: of the Hessian."""
        known = self.target.inputs[self.target.known].T
        outputs = self.networks.shape.outputs(flat, known)
        curvatures = output_curvatures(outputs, self.config.loss)
        return (curvatures * self.networks.shape.squared_gradients(flat, known)).double().mean(1)

    def log_traces(self, flat: Float[Tensor, "points parameters"]) -> Float[Tensor, " points"]:
        """Return the logarithms of these traces."""
        return self.traces(flat).clamp(min=TINY).log()

    def log_volume(self, network: Float[Tensor, " parameters"], source: torch.Generator) -> float:
        """Return the logarithm of the fraction of a network's neighbours that fit, 1/2 added to their number.

        Args:
            network: Its parameters.
            source: Source of randomness.
        """
        scale = NOISE * self.networks.standard_deviations()
        neighbours = network + scale * torch.randn(NEIGHBOURS, len(network), generator=source)
        outputs = self.networks.shape.outputs(neighbours, self.target.inputs[self.target.known].T)
        hits = int(((outputs > 0) == self.target.values[self.target.known]).all(1).sum())
        return math.log((hits + 0.5) / (NEIGHBOURS + 1))
