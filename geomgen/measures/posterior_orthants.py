"""The posterior by orthants: hidden layers from the initialisation, and the last layer integrated out."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float64
from numpy.typing import NDArray
from scipy.special import logsumexp
from torch import Tensor

from geomgen.config.posterior import ORTHANT, REJECTION, SLICE, PosteriorConfig
from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.log_mean import LogMean, Ratio, log_mean_exp, ratio_of_means
from geomgen.numerics.orthant import OrthantSample, orthant_sample
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import generator, numpy_generator
from geomgen.numerics.workers import workers
from geomgen.progress import OnProgress

BLOCK, POINTS = 50, 32
"""Hidden layers per block, and points per orthant."""


class WeightedFunctions(NamedTuple):
    """Functions that fit, several for each draw of the hidden layers, with weights that make them of the posterior.

    Attributes:
        functions: ``(draws, points, inputs)``.
        log_weights: ``(draws, points)``; the mean of their exponentials is P(S).
    """

    functions: NDArray[np.bool_]
    log_weights: NDArray[np.float64]

    @property
    def log_masses(self) -> Float64[Tensor, " draws"]:
        """Logarithm of P(S) of each draw of the hidden layers."""
        return torch.from_numpy(logsumexp(self.log_weights, axis=1) - math.log(POINTS))

    @property
    def log_mass(self) -> LogMean:
        """Logarithm of P(S), with its error over the hidden layers."""
        return log_mean_exp(self.log_masses)

    def share(self, function: NDArray[np.bool_]) -> Ratio:
        """Return the posterior probability of a function ``(inputs,)``, with its error over the hidden layers."""
        is_it = (self.functions == function).all(2)
        logs = logsumexp(np.where(is_it, self.log_weights, -np.inf), axis=1) - math.log(POINTS)
        return ratio_of_means(torch.from_numpy(logs), self.log_masses)

    def resampled(self, count: int, source: np.random.Generator) -> Bits:
        """Return functions of equal weight, those of even and of odd number from different draws of hidden layers."""
        found = np.empty((count, self.functions.shape[2]), bool)
        for half in (0, 1):
            weights = np.exp(self.log_weights[half::2] - self.log_weights.max()).ravel()
            size = len(found[half::2])
            chosen = source.choice(len(weights), size, p=weights / weights.sum())
            found[half::2] = self.functions[half::2].reshape(len(weights), -1)[chosen]
        return found


@dataclass(frozen=True)
class OrthantPosterior:
    r"""Networks whose last layer is Gaussian, given their values at some inputs S.

    With the last hidden layer's units h(x) of a draw, outputs are N(0, K) with K = sigma_w^2 h h'/width + sigma_b^2, so
    that P(S) is the mean over draws of the probability of an orthant of K, and a function is sampled by values in the
    orthant and the law of all others given these.

    Attributes:
        networks: How they are drawn, and all inputs.
        target: The values to fit.
        config: Options; resolved, with --init normal.
    """

    networks: RandomNetworks
    target: Target
    config: PosteriorConfig

    def draw(self, count: int, progress: OnProgress) -> WeightedFunctions:
        """Return functions for a number of draws of the hidden layers.

        Args:
            count: Number of draws.
            progress: Called after every block.

        Raises:
            UsageError: If K is not of full rank at the inputs to fit, or there are more than 300 of them.
        """
        found = list[WeightedFunctions]()
        try:
            with workers(self.config.threads) as pool:
                for block in pool.map(self._block, range(-(-count // BLOCK))):
                    found.append(block)
                    progress(min(len(found) * BLOCK, count), count, "hidden layers drawn")
        except ValueError as error:
            raise UsageError(
                f"--sampler {ORTHANT} cannot be used: {error}.", f"Choose --sampler {REJECTION} or {SLICE}."
            ) from None
        return WeightedFunctions(*(np.concatenate(parts)[:count] for parts in zip(*found, strict=True)))

    def _block(self, number: int) -> WeightedFunctions:
        networks, (sigma_w, sigma_b) = self.networks, self.config.sigmas
        flat = networks.parameters(generator(self.config.seed, "hidden-layers", number), BLOCK)
        units = networks.shape.last_units(flat, networks.inputs.T).double() * (sigma_w / math.sqrt(networks.layers[-2]))
        biases = torch.full((BLOCK, 1, units.shape[2]), sigma_b if self.config.bias else 0.0, dtype=units.dtype)
        source = numpy_generator(self.config.seed, "orthant-points", number)
        return weighted_functions(torch.cat([units, biases], 1).mT.numpy(), self.target, source)


def weighted_functions(
    features: Iterable[NDArray[np.float64]], target: Target, source: np.random.Generator
) -> WeightedFunctions:
    """Return functions with their weights.

    Args:
        features: ``(inputs, units)`` for each draw: outputs are N(0, features features').
        target: The values to fit.
        source: Source of randomness.

    Raises:
        ValueError: If the outputs at the inputs to fit are not of full rank, or there are more than 300 of them.
    """
    drawn = [_weighted(one, target, source) for one in features]
    return WeightedFunctions(*(np.stack(parts) for parts in zip(*drawn, strict=True)))


def _weighted(
    features: NDArray[np.float64], target: Target, source: np.random.Generator
) -> tuple[Bits, NDArray[np.float64]]:
    """Return functions and their log weights for one draw.

    An input without features has the output 0, so that a function is not 1 there.
    """
    values, known = target.values.numpy(), target.known.numpy()
    has_output = (features**2).sum(1) > 0
    here = features[known & has_output]
    covariance = here @ here.T
    inside = _inside(covariance, values[known & has_output], source)
    last = source.standard_normal((POINTS, features.shape[1]))
    last += np.linalg.solve(covariance, (inside.values - last @ here.T).T).T @ here
    functions = last @ features.T > 0
    functions[:, known] = values[known]
    impossible = bool((values & known & ~has_output).any())
    return functions, np.full(POINTS, -np.inf) if impossible else inside.log_weights


def _inside(covariance: NDArray[np.float64], signs: NDArray[np.bool_], source: np.random.Generator) -> OrthantSample:
    if not len(signs):
        return OrthantSample(np.zeros(POINTS), np.zeros((POINTS, 0)))
    return orthant_sample(covariance, signs, POINTS, source)
