"""Samples of the posterior: both samplers against each other, and against counts of networks that fit."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.errors import UsageError
from geomgen.measures.posterior import CHAINS, Posterior, PosteriorSamples
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.packed_bits import packed
from geomgen.numerics.seeds import generator
from geomgen.progress import silent


@cache
def _sampled(**options: Any) -> tuple[Posterior, PosteriorSamples]:
    settings = {"inputs": 3, "hidden": "16", "train_size": 4, "sigma_b": 0.5, "threads": 1, **options}
    config = PosteriorConfig(**settings).filled()
    target = target_of(config, generator(config.seed, "target"))
    posterior = Posterior(RandomNetworks(target.inputs, config), target.values, target.known, config)
    return posterior, posterior.sample(silent)


def test_all_samples_fit() -> None:
    for sampler in ("rejection", "orthant", "slice"):
        posterior, samples = _sampled(sampler=sampler, samples=300)
        known = posterior.known.numpy()
        assert samples.sampler == sampler
        assert (samples.functions[:, known] == posterior.values.numpy()[known]).all()


def test_slice_sampling_agrees_with_rejection() -> None:
    exact, sliced = _sampled(sampler="rejection", samples=2000)[1], _sampled(sampler="slice", samples=300)[1]
    assert exact.r_hat is None
    assert sliced.r_hat is not None
    assert sliced.r_hat <= 1.01
    assert sliced.converged
    names = np.unique(packed(exact.functions))
    for name in names:
        share = float((packed(exact.functions) == name).mean())
        of_chains = (packed(sliced.functions) == name).reshape(-1, CHAINS).mean(0)
        stderr = np.hypot(np.sqrt(share * (1 - share) / 2000), of_chains.std(ddof=1) / np.sqrt(CHAINS))
        assert abs(of_chains.mean() - share) < 5 * stderr + 5 / len(sliced.functions)


def test_samples_depend_on_the_seed_alone() -> None:
    for sampler in ("rejection", "orthant"):
        one, two = (_sampled(sampler=sampler, samples=300, threads=threads)[1] for threads in (1, 2))
        np.testing.assert_array_equal(one.functions, two.functions)


def test_auto_takes_orthants_where_too_few_draws_fit() -> None:
    assert _sampled(samples=600, max_draws=1000)[1].sampler == "orthant"
    assert _sampled(samples=600)[1].sampler == "rejection"


def test_without_a_kernel_of_full_rank_there_is_nothing_to_compare_with() -> None:
    assert _sampled(samples=5, hidden="2")[1].weighted is None


def test_few_hidden_layers_are_worth_fewer_samples() -> None:
    samples = _sampled(sampler="orthant", samples=600)[1]
    assert 60 < samples.effective < 600
    assert samples.converged


def test_what_cannot_be_sampled_says_so() -> None:
    with pytest.raises(UsageError, match=r"of 1,000 networks drawn fit the 4 known values, but 900 samples are wanted"):
        _sampled(samples=900, max_draws=1000, sampler="rejection")
    with pytest.raises(
        UsageError, match="16 of 16 chains found no network that fits the 6 known values in 100 steps, and come no"
    ):
        _sampled(sampler="slice", sigma_b=0.0, hidden="none", target="parity", train_size=6, samples=20)
