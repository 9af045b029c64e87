"""Networks are made from the seed alone, or as skeletons that take no memory."""

import math

import pytest
import torch
from torch import nn

from geomgen.config.train import TrainConfig
from geomgen.models.build import build_model, skeleton
from geomgen.models.initial import initialise
from geomgen.models.mlp import mlp
from geomgen.numerics.seeds import generator


def test_initial_parameters_have_pytorchs_default_law() -> None:
    model = mlp((1, 20, 20), 10, width=400)
    initialise(model, generator(0, "initial-parameters"))
    for layer in model.layers():
        linear = layer.pre
        assert isinstance(linear, nn.Linear)
        bound = 1 / math.sqrt(linear.in_features)
        weights = linear.weight.detach()
        assert float(weights.abs().max()) <= bound
        # Uniform: variance bound^2 / 3, whose estimate from n numbers has relative deviation sqrt(0.8 / n).
        assert float(weights.var() / (bound**2 / 3)) == pytest.approx(1, abs=5 * math.sqrt(0.8 / weights.numel()))
        assert float(linear.bias.detach().abs().max()) <= bound


def test_models_depend_on_the_seed_alone() -> None:
    def first(seed: int) -> torch.Tensor:
        config = TrainConfig(width=8, seed=seed).resolved(device="cpu", threads=1)
        model = build_model(config, (1, 4, 4), 3, generator(config.seed, "initial-parameters"))
        return next(model.parameters()).detach()

    assert torch.equal(first(0), first(0))
    assert not torch.equal(first(0), first(1))


def test_outline_takes_no_memory() -> None:
    config = TrainConfig(width=1_000_000).resolved(device="cpu", threads=1)
    assert skeleton(config, (1, 28, 28), 10).num_parameters() > 10**12


@pytest.mark.parametrize("arch", ["mlp", "lenet5", "transformer"])
def test_an_outline_has_the_sizes_of_the_network(arch: str) -> None:
    config = TrainConfig(arch=arch).resolved(device="cpu", threads=1)
    whole = build_model(config, (1, 28, 28), 10, generator(0, "initial-parameters"))
    empty = skeleton(config, (1, 28, 28), 10)
    assert empty.num_outputs((1, 28, 28)) == whole.num_outputs((1, 28, 28))
    assert empty.num_products((1, 28, 28)) == whole.num_products((1, 28, 28))


def test_a_module_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no initialisation is defined for PReLU"):
        initialise(nn.Sequential(nn.PReLU()), generator(0, "x"))
