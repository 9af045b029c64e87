"""Samples of the posterior: functions of networks drawn from the initialisation that fit the known values."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from numpy.typing import NDArray
from torch import Tensor

from geomgen.config.architecture import NORMAL
from geomgen.config.posterior import AUTO, ORTHANT, REJECTION, SLICE, PosteriorConfig
from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.measures.posterior_orthants import OrthantPosterior, WeightedFunctions
from geomgen.measures.slice_chains import SliceChains, fewest_draws, mixed
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.orthant import LogProbability
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import generator, numpy_generator
from geomgen.numerics.workers import workers
from geomgen.progress import OnProgress

PILOT = 200_000
"""Networks drawn before --sampler auto decides."""
CHAINS, AHEAD = 16, 8
LARGEST_R_HAT, LARGEST_PARETO_K = 1.01, 0.7
LAYERS_BESIDE = 500
"""Draws of the hidden layers to compare another sampler with; for samples by orthants, as many at least."""


class LimitMass(NamedTuple):
    """ln P(S) of infinitely wide networks.

    Attributes:
        tilted: By tilting; None where that cannot be used.
        propagated: By expectation propagation.
    """

    tilted: LogProbability | None
    propagated: float


class PosteriorSamples(NamedTuple):
    """Samples of the posterior.

    Attributes:
        functions: ``(samples, inputs)``; those of even and of odd number are independent of each other.
        sampler: How they were drawn.
        effective: Independent samples that they are worth.
        r_hat: R-hat of the test errors of chains; None without chains.
        converged: Whether the sampler shows no sign of being wrong.
        hits: Networks drawn that fit.
        draws: Networks drawn.
        weighted: What draws of the hidden layers say; None where orthants cannot be used.
        limit: What is known of infinitely wide networks, if the samples are of these.
    """

    functions: Bits
    sampler: str
    effective: float
    r_hat: float | None = None
    converged: bool = True
    hits: int = 0
    draws: int = 0
    weighted: WeightedFunctions | None = None
    limit: LimitMass | None = None


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
        wanted, config = self.config.samples or 0, self.config
        found, hits, draws = self._rejected(progress) if config.sampler in {AUTO, REJECTION} else ([], 0, 0)
        if hits >= wanted:
            exact = PosteriorSamples(np.concatenate(found)[:wanted], REJECTION, wanted)
            return exact._replace(hits=hits, draws=draws, weighted=self._weighted(LAYERS_BESIDE, progress))
        if config.sampler == REJECTION or config.init != NORMAL:
            raise UsageError(
                f"{hits:,} of {draws:,} networks drawn fit the {config.train_size} known values, but {wanted:,} "
                "samples are wanted.",
                f"Give more --max-draws, fewer --samples, or --init {NORMAL} with --sampler {ORTHANT}.",
            )
        weighted = None
        if config.sampler != SLICE:
            weighted = self._weighted(max(LAYERS_BESIDE, wanted), progress)
        samples = self._resampled(weighted) if weighted else self._sliced(progress)
        return samples._replace(hits=hits, draws=draws)

    def _rejected(self, progress: OnProgress) -> tuple[list[Bits], int, int]:
        """Return functions that fit, their number and that of all draws; too few where it is hopeless."""
        wanted, most = self.config.samples or 0, self.config.max_draws
        may_stop = self.config.sampler == AUTO and self.config.init == NORMAL
        found, hits, draws = list[Bits](), 0, 0
        for drawn, fitting in self._drawn(most):
            draws, hits = draws + drawn, hits + len(fitting)
            found.append(fitting)
            progress(min(hits, wanted), wanted, f"samples of the posterior from {draws} networks drawn")
            hopeless = draws >= min(PILOT, most) and hits * most < wanted * draws
            if hits >= wanted or (may_stop and hopeless):
                break
        return found, hits, draws

    def _weighted(self, count: int, progress: OnProgress) -> WeightedFunctions | None:
        """Return what draws of the hidden layers say; None where orthants cannot be used and were not asked for.

        Raises:
            UsageError: If they cannot, and were.
        """
        if self.config.init != NORMAL:
            return None
        target = Target(self.networks.inputs, self.values, self.known)
        try:
            return OrthantPosterior(self.networks, target, self.config).draw(count, progress)
        except UsageError:
            if self.config.sampler == ORTHANT:
                raise
            return None

    def _resampled(self, weighted: WeightedFunctions) -> PosteriorSamples:
        source = numpy_generator(self.config.seed, "resampled-functions")
        wanted, mass = self.config.samples or 0, weighted.log_mass
        return PosteriorSamples(
            weighted.resampled(wanted, source),
            ORTHANT,
            min(float(wanted), mass.ess),
            converged=(mass.pareto_k or 0.0) <= LARGEST_PARETO_K,
            weighted=weighted,
        )

    def _drawn(self, most: int) -> Iterator[tuple[int, Bits]]:
        """Yield, block by block, how many networks were drawn, and the functions of those that fit."""
        known, ahead = self.known.numpy(), AHEAD * (self.config.threads or 1)
        wanted = self.values[self.known].numpy()
        blocks = range(-(-most // self.networks.block))
        with workers(self.config.threads) as pool:
            for first in range(0, len(blocks), ahead):
                for functions in pool.map(self._block, blocks[first : first + ahead]):
                    yield len(functions), functions[(functions[:, known] == wanted).all(1)]

    def _block(self, number: int) -> Bits:
        """Return the functions of a block of networks from the initialisation."""
        source = generator(self.config.seed, "random-networks", number)
        return np.asarray(self.networks.outputs(source).gt(0).numpy())

    def _sliced(self, progress: OnProgress) -> PosteriorSamples:
        """Return samples of chains that are independent of each other, and of even and odd number of different ones."""
        target = Target(self.networks.inputs, self.values, self.known)
        chains = SliceChains(self.networks, target, CHAINS, generator(self.config.seed, "slice-sampling"))
        known, values = self.known.numpy(), self.values.numpy()

        def errors(functions: NDArray[np.generic]) -> Float[Tensor, "1 chains draws"]:
            counts = (functions != values)[..., ~known].sum(2)
            return torch.from_numpy(counts.T[np.newaxis].astype(float))

        found, mixing = mixed(chains, draws_per_chain(self.config), LARGEST_R_HAT, chains.functions, errors, progress)
        functions = found.reshape(-1, found.shape[2])
        weighted = self._weighted(LAYERS_BESIDE, progress)
        return PosteriorSamples(
            functions.astype(bool), SLICE, mixing.effective, mixing.r_hat, mixing.is_mixed, weighted=weighted
        )


def draws_per_chain(config: PosteriorConfig) -> int:
    """Return how many samples each chain of ``--sampler slice`` gives.

    Args:
        config: Options; resolved.
    """
    return max(fewest_draws(CHAINS), -(-(config.samples or 0) // CHAINS))
