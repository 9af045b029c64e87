"""Training beside the posterior for networks of infinite width, of Gaussian outputs and a fixed kernel."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float64
from torch import Tensor

from geomgen.config.posterior import ORTHANT, PosteriorConfig
from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.measures.posterior import PosteriorSamples
from geomgen.measures.posterior_orthants import POINTS, weighted_functions
from geomgen.measures.posterior_tables import Both, counted, divergences, error_counts, mean_errors
from geomgen.models.flat_networks import output_slopes
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import generator, numpy_generator
from geomgen.numerics.two_samples import smoothed_divergence
from geomgen.progress import OnProgress
from geomgen.tables.posterior import PosteriorLimitRow
from geomgen.theory.network_kernel import relu_network_kernel, relu_tangent_kernel

OWN_WIDTH, INFINITE_WIDTH = "own-width", "infinite-width"
PROCESSES = {OWN_WIDTH: False, INFINITE_WIDTH: True}
"""Whether the tangent kernel is left with what grows with the widths alone."""
POOL = 4
"""Functions that each sample of the posterior is chosen from."""


class Descended(NamedTuple):
    """Where descent ended.

    Attributes:
        outputs: ``(draws, inputs)``.
        fits: ``(draws,)``.
    """

    outputs: Float64[Tensor, "draws inputs"]
    fits: Bool[Tensor, " draws"]


@dataclass(frozen=True)
class WideNetworks:
    r"""Infinitely wide ReLU networks that are drawn and learn as an experiment's networks do.

    Outputs f before training are N(0, K), and a step of gradient descent on a batch B of the known inputs adds
    -lr/|B| sum_{x in B} Theta(., x) dl/df(x), with Theta the mean tangent kernel of networks as they are drawn: of the
    widths of the experiment's networks, or of what is left of it as these grow with a learning rate of 1/width.

    Attributes:
        target: The values to fit.
        config: Options; resolved.
    """

    target: Target
    config: PosteriorConfig

    def rows(self, both: Both, progress: OnProgress) -> list[PosteriorLimitRow]:
        """Return the rows of ``posterior_limit``.

        Args:
            both: What training of the experiment's networks found.
            progress: Called before each process.

        Raises:
            UsageError: If the outputs at the inputs to fit are not of full rank, or there are more than 300 of them.
        """
        samples, found = self._posterior(), list[PosteriorLimitRow]()
        for number, (process, wide) in enumerate(PROCESSES.items()):
            progress(number, len(PROCESSES), "networks of infinite width trained")
            ended = self.descended(self.tangent(wide=wide))
            found.append(self._row(process, both, samples, ended))
        return found

    def _row(self, process: str, both: Both, samples: PosteriorSamples, ended: Descended) -> PosteriorLimitRow:
        functions: Bits = ended.outputs[ended.fits].gt(0).numpy()
        if not len(functions):
            raise UsageError(
                f"None of {len(ended.fits):,} draws of the process of --infinite-width fits the known values within "
                f"{self.config.max_epochs:,} epochs.",
                "Give a smaller --lr or more --max-epochs.",
            )
        limit = both._replace(trained=functions, samples=samples)
        return PosteriorLimitRow(
            process=process,
            num_fitted=len(functions),
            num_unfitted=int((~ended.fits).sum()),
            log_prior_mass=samples.weighted.log_mass.value if samples.weighted else math.nan,
            **mean_errors(limit),
            **divergences(limit, counted(limit)),
            divergence_trained=smoothed_divergence(error_counts(both)[0], error_counts(limit)[0]),
        )

    @cached_property
    def _inputs(self) -> np.ndarray:
        return self.target.inputs.double().numpy()

    @cached_property
    def _features(self) -> np.ndarray:
        """A square root of K."""
        values, vectors = np.linalg.eigh(relu_network_kernel(self._inputs, len(self.config.sizes), *self.config.sigmas))
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))

    def tangent(self, *, wide: bool) -> Float64[Tensor, "inputs inputs"]:
        """Return Theta.

        Args:
            wide: Whether of widths that grow, as of `relu_tangent_kernel`.
        """
        bias = bool(self.config.bias)
        kernel = relu_tangent_kernel(self._inputs, self.config.sizes, *self.config.sigmas, bias=bias, wide=wide)
        return torch.from_numpy(kernel)

    def _posterior(self) -> PosteriorSamples:
        wanted, source = self.config.samples or 0, self._source("limit-orthants")
        try:
            weighted = weighted_functions([self._features] * -(-POOL * wanted // POINTS), self.target, source)
        except ValueError as error:
            raise UsageError(
                f"--infinite-width cannot be used: {error}.", "Give fewer --train-size, or leave it out."
            ) from None
        functions = weighted.resampled(wanted, source)
        return PosteriorSamples(functions, ORTHANT, min(float(wanted), weighted.log_mass.ess), weighted=weighted)

    def descended(self, tangent: Float64[Tensor, "inputs inputs"]) -> Descended:
        """Return as many draws as networks are trained, each after descent until it fits.

        Args:
            tangent: Theta.
        """
        drawn = self._source("limit-outputs").standard_normal((self.config.networks, len(tangent)))
        start, known = torch.from_numpy(drawn @ self._features.T), self.target.known
        wanted, batches = self.target.values[known], generator(self.config.seed, "limit-batches")
        pulls, left = torch.zeros(len(start), int(known.sum()), dtype=start.dtype), torch.arange(len(start))
        for _ in range(self.config.max_epochs):
            pulls[left] = self._epoch(start[left][:, known], pulls[left], tangent[known][:, known], batches)
            outputs = start[left][:, known] + pulls[left] @ tangent[known][:, known]
            left = left[~((outputs > 0) == wanted).all(1)]
            if not len(left):
                break
        fits = torch.ones(len(start), dtype=torch.bool)
        fits[left] = False
        return Descended(start + pulls @ tangent[known], fits)

    def _epoch(self, start: Tensor, pulls: Tensor, tangent: Tensor, source: torch.Generator) -> Tensor:
        """Return the pulls of each known input after an epoch: outputs are start + pulls Theta."""
        signs = self.target.values[self.target.known].to(start.dtype).mul_(2).sub_(1).expand_as(start)
        order = torch.rand(start.shape, generator=source).argsort(1)
        for batch in order.split(self.config.batch_size or order.shape[1], 1):
            share = torch.zeros_like(start).scatter_(1, batch, 1 / batch.shape[1])
            slopes = output_slopes(start + pulls @ tangent, signs, self.config.loss)
            pulls = pulls - (self.config.lr or 0.0) * share * slopes
        return pulls

    def _source(self, purpose: str) -> np.random.Generator:
        return numpy_generator(self.config.seed, purpose)
