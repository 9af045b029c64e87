"""Chains among networks that fit: they fit from the start on, and keep the law of networks drawn until they fit."""

import math

import pytest
import torch
from jaxtyping import Float64
from torch import Tensor

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import Target, target_of
from geomgen.measures.slice_chains import Mixing, SliceChains, fewest_draws, mixing_of
from geomgen.models.flat_networks import FlatNetworks
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator


def test_each_chain_moves_among_networks_that_fit() -> None:
    config = PosteriorConfig(inputs=3, hidden="6", train_size=4, sigma_b=0.5).filled()
    target = target_of(config, generator(0, "target"))
    networks = RandomNetworks(target.inputs, config)
    chains = SliceChains(networks, target, 7, generator(0, "test"))
    before = chains.parameters()
    for _ in range(5):
        chains.step()
        functions = torch.from_numpy(chains.functions())
        assert torch.equal(functions[:, target.known], target.values[target.known].expand(7, -1))
    after = chains.parameters()
    assert (before != after).any(1).all()
    outputs = FlatNetworks(networks.layers, True, "relu").outputs(after, target.inputs.T)
    assert torch.equal(outputs > 0, functions)


def _fitting(networks: RandomNetworks, target: Target, count: int, seed: int) -> Float64[Tensor, "count dim"]:
    """Return the first networks of the prior that fit, in its standard deviations: exact draws of the chains' law."""
    source, found, known = generator(seed, "rejection"), list[Tensor](), target.inputs[target.known].T
    scale = networks.standard_deviations().double()
    while sum(map(len, found)) < count:
        states = torch.randn(20_000, len(scale), generator=source, dtype=torch.float64)
        outputs = networks.shape.outputs((states * scale).float(), known)
        found.append(states[((outputs > 0) == target.values[target.known]).all(1)])
    return torch.cat(found)[:count]


@pytest.mark.parametrize(
    ("hidden", "sigma_b"), [("12", 0.3), ("12", 0.0), ("3", 0.3), ("4,9", 0.3), ("none", 0.3)], ids=str
)
def test_steps_keep_the_law_of_networks_that_fit(hidden: str, sigma_b: float) -> None:
    """From exact draws, seven moments of other exact draws: the kernel is of full rank in all but two cases."""
    config = PosteriorConfig(inputs=3, hidden=hidden, train_size=5, sigma_b=sigma_b).filled()
    target = target_of(config, generator(0, "target"))
    networks, count = RandomNetworks(target.inputs, config), 1000
    chains = SliceChains(networks, target, count, generator(0, "test"))
    exact = _fitting(networks, target, count, 0)
    chains._states, chains._limits = _fitting(networks, target, count, 1), torch.ones(count, dtype=torch.float64)
    for _ in range(5):
        chains.step()
    last = networks.shape.layer_parts[-1]

    def moments(states: Float64[Tensor, "count dim"]) -> Float64[Tensor, "count 7"]:
        outputs = networks.shape.outputs(states * networks.standard_deviations().double(), target.inputs.double().T)
        sizes = [states[:, part].square().sum(1) for part in (last, slice(0, last.start))]
        signs = outputs[:, ~target.known] > 0
        return torch.cat([torch.stack([*sizes, outputs.square().mean(1), signs.double().mean(1)], 1), signs], 1)

    one, two = moments(exact), moments(chains._states)
    stderr = ((one.var(0) + two.var(0)) / count).sqrt()
    assert ((one.mean(0) - two.mean(0)).abs() <= 5 * stderr).all()


def test_r_hat_of_independent_draws_seldom_passes_its_limit() -> None:
    for count in (4, 16, 100):
        draws = torch.randn(1, count, fewest_draws(count), generator=generator(count, "draws"), dtype=torch.float64)
        assert mixing_of(draws, 1.01).is_mixed
    assert not Mixing(1.02, 1e3, 1.01).is_mixed
    assert not Mixing(1.0, 99, 1.01).is_mixed
    assert not Mixing(math.nan, 1e3, 1.01).is_mixed
