"""The posterior of infinitely wide networks, a Gaussian process: by tilting, and by expectation propagation."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import softmax

from geomgen.config.posterior import LIMIT, SLICE, PosteriorConfig
from geomgen.data.targets import Target
from geomgen.errors import UsageError
from geomgen.measures.posterior import LARGEST_PARETO_K, LimitMass, PosteriorSamples
from geomgen.numerics.expectation_propagation import propagated_sample
from geomgen.numerics.log_mean import log_mean_exp
from geomgen.numerics.orthant import LogProbability, OrthantSample, UnresolvedError, log_orthant, orthant_sample
from geomgen.numerics.packed_bits import Bits
from geomgen.numerics.seeds import numpy_generator
from geomgen.progress import OnProgress
from geomgen.theory.network_kernel import relu_network_kernel

Matrix = NDArray[np.float64]
POOL = 4
"""Points in the orthant that each sample is chosen from."""
JITTER = 1e-10
"""Share of the mean variance that is added to each, so that inputs may be equal."""


class _Inside(NamedTuple):
    """Outputs at the known inputs, given the values there, ``(samples, m)``, and whether they are of that law."""

    outputs: Matrix
    effective: float
    converged: bool


@dataclass(frozen=True)
class LimitPosterior:
    r"""Infinitely wide ReLU networks, given their values at some inputs S.

    Their outputs are N(0, K) with K of `relu_network_kernel`, so P(S) is the probability of an orthant of K at S, and a
    function is sampled by outputs at S and the normal law of all others given these. Outputs at S are drawn by tilting;
    beyond 300 values, and where the tilting is not found or its weights have a heavy tail, from the Gaussian of
    expectation propagation.

    Attributes:
        target: The values to fit.
        config: Options; resolved, with --sampler infinite-width.
    """

    target: Target
    config: PosteriorConfig

    def sample(self, progress: OnProgress) -> PosteriorSamples:
        """Return samples of the posterior.

        Args:
            progress: Called at the start.

        Raises:
            UsageError: If no network fits, or expectation propagation does not converge.
        """
        progress(0, 1, "samples of infinitely wide networks")
        values, known = self.target.values.numpy(), self.target.known.numpy()
        kernel = relu_network_kernel(self.target.inputs.double().numpy(), len(self.config.sizes), *self.config.sigmas)
        varies = np.diag(kernel) > 0
        self._require_possible(values[known & ~varies])
        here, others = np.flatnonzero(known & varies), np.flatnonzero(~known & varies)
        covariance = kernel[np.ix_(here, here)]
        inside, mass = self._at_known(covariance, values[here])
        functions = np.zeros((len(inside.outputs), len(values)), bool)
        source = numpy_generator(self.config.seed, "limit-others")
        functions[:, others] = _continued(kernel, here, others, inside.outputs, source) > 0
        functions[:, known] = values[known]
        return PosteriorSamples(
            functions,
            LIMIT,
            inside.effective,
            converged=inside.converged,
            limit=mass,
        )

    def _require_possible(self, fixed: Bits) -> None:
        if fixed.any():
            raise UsageError(
                f"No network fits: --target {self.config.target} is 1 at the input of zeros, where the output without "
                "biases is 0.",
                "Give --sigma-b above 0, another --seed or another --target.",
            )

    def _at_known(self, covariance: Matrix, signs: Bits) -> tuple[_Inside, LimitMass]:
        """Return outputs by the better way that can be used, and ln P(S) by both."""
        wanted, source = self.config.samples or 0, numpy_generator(self.config.seed, "limit-known")
        if not len(signs):
            nothing = _Inside(np.zeros((wanted, 0)), float(wanted), converged=True)
            return nothing, LimitMass(LogProbability(0.0, 0.0), 0.0)
        regular = covariance + JITTER * np.diag(covariance).mean() * np.eye(len(signs))
        try:
            propagated = propagated_sample(regular, signs, wanted, source)
        except UnresolvedError as error:
            raise UsageError(
                f"--sampler {LIMIT} cannot be used: {error}.", f"Give fewer --train-size, or --sampler {SLICE}."
            ) from None
        approximate = _Inside(propagated.values, float(wanted), converged=False)
        try:
            mass = log_orthant(covariance, signs, source)
            drawn = orthant_sample(covariance, signs, 2 ** math.ceil(math.log2(POOL * wanted)), source)
        except UnresolvedError:
            return approximate, LimitMass(None, propagated.log_mass)
        return self._chosen(drawn, source) or approximate, LimitMass(mass, propagated.log_mass)

    def _chosen(self, drawn: OrthantSample, source: np.random.Generator) -> _Inside | None:
        """Return outputs of equal weight, chosen from weighted ones; None if the weights have a heavy tail."""
        wanted, weights = self.config.samples or 0, log_mean_exp(torch.from_numpy(drawn.log_weights))
        if (weights.pareto_k or 0.0) > LARGEST_PARETO_K:
            return None
        chosen = source.choice(len(drawn.values), wanted, p=softmax(drawn.log_weights))
        return _Inside(drawn.values[chosen], min(float(wanted), weights.ess), converged=True)


def _continued(
    kernel: Matrix, here: NDArray[np.int64], others: NDArray[np.int64], outputs: Matrix, source: np.random.Generator
) -> Matrix:
    """Return outputs at other inputs, ``(samples, others)``, given those at some, ``(samples, here)``."""
    if not len(here):
        return source.multivariate_normal(np.zeros(len(others)), kernel[np.ix_(others, others)], len(outputs))
    noise = JITTER * np.diag(kernel).mean()
    across = kernel[np.ix_(here, others)]
    slopes = cho_solve(cho_factor(kernel[np.ix_(here, here)] + noise * np.eye(len(here))), across)
    left = kernel[np.ix_(others, others)] - across.T @ slopes
    root = np.linalg.cholesky(left + noise * np.eye(len(others)))
    return np.asarray(outputs @ slopes + source.standard_normal((len(outputs), len(others))) @ root.T)
