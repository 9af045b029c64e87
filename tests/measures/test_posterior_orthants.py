"""The posterior by orthants against counts of networks that fit, and against a perceptron whose law is known."""

from typing import Any

import numpy as np
import pytest

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.errors import UsageError
from geomgen.measures.posterior import Posterior
from geomgen.measures.posterior_orthants import OrthantPosterior, WeightedFunctions
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.packed_bits import packed
from geomgen.numerics.seeds import generator
from geomgen.progress import silent

SMALL: dict[str, Any] = {"inputs": 3, "hidden": "16", "train_size": 4, "sigma_b": 0.5, "threads": 1}


def _orthants(**options: Any) -> OrthantPosterior:
    config = PosteriorConfig(**SMALL | options).filled()
    target = target_of(config, generator(config.seed, "target"))
    return OrthantPosterior(RandomNetworks(target.inputs, config), target, config)


def test_functions_fit_and_have_the_frequencies_of_drawn_networks_that_fit() -> None:
    orthants = _orthants()
    weighted = orthants.draw(500, silent)
    values, known = orthants.target.values, orthants.target.known
    assert (weighted.functions[:, :, known.numpy()] == values[known].numpy()).all()
    config = PosteriorConfig(**SMALL, sampler="rejection", samples=4000).filled()
    exact = Posterior(orthants.networks, values, known, config).sample(silent)
    share = exact.hits / exact.draws
    stderr = np.hypot(weighted.log_mass.stderr, np.sqrt((1 - share) / exact.hits))
    assert abs(weighted.log_mass.value - np.log(share)) < 4 * stderr
    for place in np.unique(packed(exact.functions), axis=0, return_index=True)[1]:
        frequency = float((exact.functions == exact.functions[place]).all(1).mean())
        found = weighted.share(exact.functions[place])
        assert abs(found.value - frequency) < 4 * np.hypot(found.stderr, np.sqrt(frequency / 4000))


def test_a_perceptron_has_its_exact_mass() -> None:
    """Without biases and with f > 0, each number of ones of 2^n inputs has the probability 2^-n; all are 0 with one."""
    weighted = _orthants(hidden="none", bias=0, sigma_b=None, inputs=2, train_size=3, target="first").draw(50, silent)
    assert weighted.log_mass.value < 0
    assert np.isfinite(weighted.log_weights).all()


def test_resampled_functions_have_the_weights_and_halves_share_no_hidden_layer() -> None:
    functions = np.zeros((4, 32, 5), bool)
    functions[1::2, :, 4] = True
    functions[2:, :, 0] = True
    logs = np.log(np.broadcast_to([[1.0], [1.0], [3.0], [3.0]], (4, 32)))
    found = WeightedFunctions(functions, logs).resampled(4000, np.random.default_rng(0))
    assert not found[::2, 4].any()
    assert found[1::2, 4].all()
    assert found[:, 0].mean() == pytest.approx(0.75, abs=5 * np.sqrt(0.75 * 0.25 / 4000))


def test_functions_depend_on_the_seed_alone() -> None:
    one, two, other = (_orthants(**options).draw(60, silent) for options in ({}, {"threads": 2}, {"seed": 1}))
    np.testing.assert_array_equal(one.functions, two.functions)
    assert not np.array_equal(one.functions, other.functions)


def test_what_cannot_be_done_says_so() -> None:
    with pytest.raises(
        UsageError, match=r"--sampler orthant cannot be used: the covariance of \d variables has rank \d\. Choose"
    ):
        _orthants(hidden="2", sigma_b=0.0, inputs=4, train_size=8).draw(50, silent)
