"""Networks: sizes, names of layers, and initial parameters as PyTorch's own."""

import math
import subprocess
import sys

import pytest
import torch
from torch import nn

from geomgen.config.train import TrainConfig
from geomgen.errors import UsageError
from geomgen.models.build import build_model, skeleton
from geomgen.models.initial import initialise
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.numerics.seeds import generator


def test_mlp_has_the_published_sizes() -> None:
    model = mlp((1, 28, 28), 10, width=512)
    assert [tuple(p.shape) for p in model.parameters()] == [(512, 784), (512,), (512, 512), (512,), (10, 512), (10,)]
    assert [layer.name for layer in model.layers()] == ["hidden1", "hidden2", "output"]


def test_each_hidden_layer_has_a_norm_of_its_own() -> None:
    model = mlp((1, 4, 4), 3, width=5, depth=3, norm=nn.LayerNorm)
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    assert len({id(norm) for norm in norms}) == 3


def test_lenet5_has_the_classic_sizes() -> None:
    model = lenet5((1, 28, 28), 10)
    weights = [tuple(p.shape) for p in model.parameters() if p.dim() > 1]
    assert weights == [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]
    assert model.num_parameters() == 61_706
    assert model(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_products_are_counted_wherever_a_map_is_applied() -> None:
    assert mlp((1, 28, 28), 10, width=32).num_products((1, 28, 28)) == 784 * 32 + 32 * 32 + 32 * 10
    maps = 28 * 28 * 6 * 25, 10 * 10 * 16 * 6 * 25, 400 * 120, 120 * 84, 84 * 10
    assert lenet5((1, 28, 28), 10).num_products((1, 28, 28)) == sum(maps)


@pytest.mark.parametrize(("shape", "width"), [((3, 32, 32), 168), ((1, 12, 20), 42), ((1, 15, 13), 1)])
def test_lenet5_takes_other_images_and_widths(shape: tuple[int, int, int], width: int) -> None:
    model = lenet5(shape, 7, width=width)
    assert model(torch.zeros(2, *shape)).shape == (2, 7)
    assert model.layers()[-2].name == "hidden2"


def test_lenet5_says_what_is_too_small() -> None:
    with pytest.raises(UsageError, match="at least 12 x 12; these are 28 x 8"):
        lenet5((1, 28, 8), 10)


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


def test_the_sizes_of_a_pass_are_found_without_torchs_compiler() -> None:
    code = (
        "import sys; from geomgen.config.train import TrainConfig; from geomgen.models.build import skeleton; "
        "skeleton(TrainConfig().resolved(device='cpu', threads=1), (1, 28, 28), 10).num_outputs((1, 28, 28)); "
        "sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_module_without_a_rule_is_refused() -> None:
    with pytest.raises(TypeError, match="no initialisation is defined for PReLU"):
        initialise(nn.Sequential(nn.PReLU()), generator(0, "x"))
