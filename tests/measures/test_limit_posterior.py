"""The posterior of infinitely wide networks against draws of their process."""

import math
from dataclasses import replace

import numpy as np
import pytest

from geomgen.config.posterior import LIMIT, PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.errors import UsageError
from geomgen.measures.limit_posterior import LimitPosterior
from geomgen.measures.posterior import PosteriorSamples
from geomgen.numerics.seeds import generator
from geomgen.progress import silent
from geomgen.theory.network_kernel import relu_network_kernel

CONFIG = PosteriorConfig(
    inputs=4, hidden="8", train_size=6, sigma_b=0.3, sampler=LIMIT, networks=1, samples=4000, threads=1
).filled()
DRAWS = 400_000


def _posterior(config: PosteriorConfig) -> LimitPosterior:
    return LimitPosterior(target_of(config, generator(config.seed, "target")), config)


def _rejected(posterior: LimitPosterior) -> np.ndarray:
    """Return functions of draws of the process that fit."""
    inputs, values, known = (part.numpy() for part in posterior.target)
    root = np.linalg.cholesky(relu_network_kernel(inputs.astype(float), 1, *posterior.config.sigmas))
    functions = np.random.default_rng(0).standard_normal((DRAWS, len(inputs))) @ root.T > 0
    return np.asarray(functions[(functions[:, known] == values[known]).all(1)])


def _differ(found: PosteriorSamples, exact: np.ndarray) -> np.ndarray:
    """Return how many standard errors apart the chances of a 1 at each input are."""
    counts = np.array([found.functions.mean(0), exact.mean(0)])
    variances = counts * (1 - counts) / np.array([[found.effective], [len(exact)]])
    return np.asarray(np.diff(counts, axis=0)[0] / np.sqrt(np.maximum(variances.sum(0), 1e-300)))


def test_tilting_gives_the_mass_and_the_functions_of_the_process() -> None:
    posterior = _posterior(CONFIG)
    found, exact = posterior.sample(silent), _rejected(posterior)
    assert found.limit
    assert found.limit.tilted
    value, stderr = found.limit.tilted
    assert abs(value - math.log(len(exact) / DRAWS)) < 5 * math.hypot(stderr, len(exact) ** -0.5)
    assert abs(found.limit.propagated - value) < 0.1
    assert found.converged
    assert abs(_differ(found, exact)).max() < 5


def test_expectation_propagation_stands_in_where_tilting_cannot_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.numerics.orthant.LARGEST", 5)
    posterior = _posterior(CONFIG)
    found, exact = posterior.sample(silent), _rejected(posterior)
    assert found.limit
    assert found.limit.tilted is None
    assert abs(found.limit.propagated - math.log(len(exact) / DRAWS)) < 0.1
    assert not found.converged
    np.testing.assert_allclose(found.functions.mean(0), exact.mean(0), atol=0.05)


def test_without_biases_the_input_of_zeros_has_the_value_0() -> None:
    config = replace(CONFIG, sigma_b=0.0, target="random", train_size=15, samples=8)
    found = {}
    for seed in range(8):
        posterior = _posterior(replace(config, seed=seed))
        found[bool(posterior.target.values[0] & posterior.target.known[0])] = posterior
    with pytest.raises(UsageError, match="No network fits: --target random is 1 at the input of zeros"):
        found[True].sample(silent)
    assert not found[False].sample(silent).functions[:, 0].any()


def test_an_input_of_zeros_that_alone_is_known_says_nothing_of_the_others() -> None:
    config = replace(CONFIG, inputs=3, sigma_b=0.0, target="random", train_size=1, samples=4000)
    posteriors = (_posterior(replace(config, seed=seed)) for seed in range(100))
    posterior = next(one for one in posteriors if one.target.known[0] and not one.target.values[0])
    found = posterior.sample(silent)
    assert found.limit
    assert found.limit.propagated == 0
    np.testing.assert_allclose(found.functions[:, 1:].mean(0), 0.5, atol=5 * 0.5 / math.sqrt(4000))
