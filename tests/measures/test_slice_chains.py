"""Chains among networks that fit: they fit from the start on, and their number is free."""

import torch

from geomgen.config.posterior import PosteriorConfig
from geomgen.data.targets import target_of
from geomgen.measures.slice_chains import SliceChains
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
