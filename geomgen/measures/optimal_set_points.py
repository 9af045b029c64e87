"""Points of the optimal set: networks that fit, trained or drawn, each with its error, curvature and local volume."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import Target
from geomgen.measures.slice_chains import SliceChains
from geomgen.models.flat_networks import output_curvatures
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress
from geomgen.tables.posterior import OptimalSetPointRow

TRAINED, DRAWN = "trained", "drawn"
MOVES = 250
"""Of each chain, from its first network that fits; one point is taken of each."""
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
        laws = {TRAINED: trained, DRAWN: self.drawn(progress)}
        return [row for law, flat in laws.items() for row in self._of_law(law, flat, progress)]

    def drawn(self, progress: OnProgress) -> Float[Tensor, "points parameters"]:
        """Return one network of each of several chains of slice sampling, which are independent.

        Args:
            progress: Called now and then.
        """
        source = generator(self.config.seed, "optimal-set-chains")
        chains = SliceChains(self.networks, self.target, self.config.optimal_points, source)
        for move in range(MOVES):
            chains.step()
            progress(move, MOVES, "moves of chains among networks that fit")
        return chains.parameters()

    def _of_law(
        self, law: str, flat: Float[Tensor, "points parameters"], progress: OnProgress
    ) -> Iterator[OptimalSetPointRow]:
        errors, traces = self.test_errors(flat), self.traces(flat).clamp(min=TINY).log()
        source = generator(self.config.seed, f"neighbours-{law}")
        for number, network in enumerate(flat):
            progress(number, len(flat), f"neighbours of {law} networks")
            volume = self.log_volume(network, source)
            yield OptimalSetPointRow(law, number, float(errors[number]), float(traces[number]), volume)

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
