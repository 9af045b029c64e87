"""Samples of the posterior: functions of networks drawn from the initialisation that fit the known values."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from geomgen.config.architecture import NORMAL
from geomgen.config.posterior import AUTO, REJECTION, SLICE, PosteriorConfig
from geomgen.errors import UsageError
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.elliptical_slice import elliptical_step
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import generator
from geomgen.progress import OnProgress

PILOT = 200_000
"""Networks drawn before --sampler auto decides."""
CHAINS, THIN, FEWEST_PER_CHAIN, MOST_APPROACH, AHEAD = 64, 25, 8, 1000, 8


class PosteriorSamples(NamedTuple):
    """Samples of the posterior.

    Attributes:
        functions: ``(samples, inputs)``; with chains, sample i is of chain i modulo their number.
        chains: Number of chains; 0 for independent samples.
        hits: Networks drawn that fit.
        draws: Networks drawn.
    """

    functions: Bits
    chains: int
    hits: int
    draws: int

    @property
    def sampler(self) -> str:
        """How they were drawn."""
        return SLICE if self.chains else REJECTION


@dataclass(frozen=True)
class Posterior:
    """Networks from the initialisation, given their values at some inputs.

    Attributes:
        networks: How they are drawn, and all inputs.
        values: The values to fit, ``(inputs,)``.
        known: Where, ``(inputs,)``.
        config: How they are sampled; resolved.
    """

    networks: RandomNetworks
    values: Bool[Tensor, " inputs"]
    known: Bool[Tensor, " inputs"]
    config: PosteriorConfig

    def sample(self, progress: OnProgress) -> PosteriorSamples:
        """Return samples by the sampler of the options.

        Args:
            progress: Called now and then.

        Raises:
            UsageError: If too few networks fit for that.
        """
        wanted, most = self.config.samples or 0, self.config.max_draws
        may_slice = self.config.sampler == AUTO and self.config.init == NORMAL
        found, hits, draws = list[Bits](), 0, 0
        if self.config.sampler != SLICE:
            for drawn, fitting in self._drawn(most):
                draws, hits = draws + drawn, hits + len(fitting)
                found.append(fitting)
                progress(min(hits, wanted), wanted, f"samples of the posterior from {draws} networks drawn")
                hopeless = draws >= min(PILOT, most) and hits * most < wanted * draws
                if hits >= wanted or (may_slice and hopeless):
                    break
        if hits >= wanted:
            return PosteriorSamples(np.concatenate(found)[:wanted], 0, hits, draws)
        if self.config.sampler == REJECTION or not (may_slice or self.config.sampler == SLICE):
            raise UsageError(
                f"{hits:,} of {draws:,} networks drawn fit the {self.config.train_size} known values, but {wanted:,} "
                "samples are wanted.",
                f"Give more --max-draws, fewer --samples, or --init {NORMAL} with --sampler {SLICE}.",
            )
        return PosteriorSamples(self._sliced(progress), CHAINS, hits, draws)

    def _drawn(self, most: int) -> Iterator[tuple[int, Bits]]:
        """Yield, block by block, how many networks were drawn, and the functions of those that fit."""
        known, workers = self.known.numpy(), self.config.threads or 1
        wanted = self.values[self.known].numpy()
        blocks = range(-(-most // self.networks.block))
        with ThreadPoolExecutor(workers) as pool:
            for first in range(0, len(blocks), AHEAD * workers):
                for functions in pool.map(self._block, blocks[first : first + AHEAD * workers]):
                    yield len(functions), functions[(functions[:, known] == wanted).all(1)]

    def _block(self, number: int) -> Bits:
        """Return the functions of a block of networks from the initialisation."""
        source = generator(self.config.seed, "random-networks", number)
        return np.asarray(self.networks.outputs(source).gt(0).numpy())

    def _sliced(self, progress: OnProgress) -> Bits:
        """Return samples of chains that are independent of each other."""
        source = generator(self.config.seed, "slice-sampling")
        chains = _Chains(self, source)
        per_chain = max(FEWEST_PER_CHAIN, -(-(self.config.samples or 0) // CHAINS))
        found = list[Bits]()
        for index in range(-per_chain // 2, per_chain):
            for _ in range(THIN):
                chains.step()
            progress(max(index, 0) * CHAINS, per_chain * CHAINS, "samples of the posterior by slice sampling")
            if index >= 0:
                found.append(chains.functions())
        return np.concatenate(found)


class _Chains:
    """Chains of elliptical slice sampling, from draws of the prior to networks that fit.

    Until a chain fits, it samples the networks that make no more errors than its own.

    Args:
        posterior: What is sampled.
        source: Source of randomness.

    Raises:
        UsageError: If a chain does not come to fit.
    """

    def __init__(self, posterior: Posterior, source: torch.Generator) -> None:
        networks, config = posterior.networks, posterior.config
        self._shape = FlatNetworks(networks.layers, bool(config.bias), config.activation)
        self._scale, self._source = networks.standard_deviations(), source
        self._inputs, self._known = networks.inputs.T, networks.inputs[posterior.known].T
        self._values = posterior.values[posterior.known]
        self._states = torch.randn(CHAINS, len(self._scale), generator=source)
        self._limits = self._errors(self._states)
        for _ in range(MOST_APPROACH):
            if not self._limits.any():
                return
            self.step()
            self._limits = self._errors(self._states)
        raise UsageError(
            f"{int((self._limits > 0).sum())} of {CHAINS} chains found no network that fits the {config.train_size} "
            f"known values in {MOST_APPROACH:,} steps.",
            "Give fewer --train-size, another --target, a wider --hidden, or --sigma-b above 0.",
        )

    def step(self) -> None:
        """Move each chain once."""
        self._states = elliptical_step(self._states, self._inside, self._source)

    def functions(self) -> Bits:
        """Return the function of each chain's network."""
        outputs = self._shape.outputs(self._states * self._scale, self._inputs)
        return np.asarray(outputs.gt(0).numpy())

    def _inside(self, states: Float[Tensor, "some dim"], chains: Int64[Tensor, " some"]) -> Bool[Tensor, " some"]:
        return self._errors(states) <= self._limits[chains]

    def _errors(self, states: Float[Tensor, "some dim"]) -> Int64[Tensor, " some"]:
        outputs = self._shape.outputs(states * self._scale, self._known)
        return ((outputs > 0) != self._values).sum(1)
