"""Many random networks at once against networks one by one."""

import pytest
import torch

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.data.boolean import boolean_inputs
from geomgen.models.activations import ACTIVATIONS
from geomgen.models.random_networks import RandomNetworks


def networks(**options: object) -> RandomNetworks:
    config = RandomNetworkConfig(**options).filled()  # type: ignore[arg-type]
    return RandomNetworks(boolean_inputs(config.inputs or 0), config)


def source(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("init", ["default", "he", "xavier", "orthogonal", "normal", "scaled:2"])
def test_blocks_have_the_variance_of_their_scheme(init: str) -> None:
    """The first layer's pre-activation at one input of ones is a sum of n weights."""
    found = networks(inputs=4, hidden="none", bias=0, init=init)
    last = torch.cat([found.outputs(source(seed))[:, -1] for seed in range(4)])
    per_weight = {"default": 1 / 12, "he": 1 / 2, "xavier": 2 / 5, "orthogonal": 1 / 4, "normal": 1 / 4}
    expected = 4 * per_weight.get(init, 4 / 12)
    assert last.var().item() == pytest.approx(expected, rel=5 * (2 / len(last)) ** 0.5)


@pytest.mark.parametrize("bias", [0, 1])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_outputs_are_those_of_each_network_alone(bias: int, activation: str) -> None:
    found = networks(inputs=3, hidden="5,4", bias=bias, sigma_b=0.3 if bias else None, activation=activation)
    drawn, units = source(), found.inputs.expand(found.block, 8, 3)
    for fan_in, fan_out in ((3, 5), (5, 4), (4, 1)):
        weights = torch.empty(found.block * fan_out, fan_in).normal_(0, fan_in**-0.5, generator=drawn)
        biases = torch.empty(found.block * fan_out).normal_(0, 0.3 if bias else 0.0, generator=drawn)
        sums = units @ weights.view(-1, fan_out, fan_in).mT + biases.view(-1, 1, fan_out)
        units = ACTIVATIONS[activation]()(sums)
    assert torch.allclose(found.outputs(source()), sums[..., 0], atol=1e-5)


def test_an_outline_counts_what_the_networks_take() -> None:
    made = networks(inputs=5, hidden="6,4")
    outline = RandomNetworks.outline(made.config, 2**5)
    assert (outline.layers, outline.block) == (made.layers, made.block)
    assert outline.numbers_per_network == made.numbers_per_network


def test_a_block_fits_the_cache() -> None:
    assert networks().block == 48
    assert networks().num_parameters == 8 * 40 + 41 * 40 + 41
    assert networks(inputs=5, hidden="none", bias=0).block == 1000
    assert networks(hidden="2000,2000").block == 1
