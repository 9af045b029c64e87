"""Hidden layers with an identity path, against their formula written out."""

import pytest
import torch

from geomgen.config.train import TrainConfig
from geomgen.data.dataset import Images
from geomgen.measures.activations import activations
from geomgen.models.build import build_model
from geomgen.models.functional.mlp_products import chain_of
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Network
from geomgen.numerics.seeds import generator
from geomgen.training.gradient import Gradient, plain_layers


def _model(**options: object) -> Network:
    config = TrainConfig(width=7, depth=4, **options).resolved(device="cpu", threads=1)  # type: ignore[arg-type]
    return build_model(config, (1, 3, 3), 5, generator(0, "initial-parameters"))


def _images() -> Images:
    return torch.randint(0, 256, (20, 1, 3, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("norm", [False, True])
def test_linear_outputs_add_up(norm: bool) -> None:
    model, images = _model(residual=True, layer_norm=norm, init="he"), _images()
    maps = [layer.weight for layer in model.layers()]
    pre, post = (activations(model, model.layers(), site, images) for site in ("pre", "post"))
    stream, hidden = torch.zeros(20, 7), images.flatten(1) / 255
    for name, weight in zip(("hidden1", "hidden2", "hidden3", "hidden4"), maps, strict=False):
        assert weight is not None
        stream = stream + hidden @ weight.T  # He's biases are 0
        hidden = (torch.nn.functional.layer_norm(stream, (7,)) if norm else stream).relu()
        torch.testing.assert_close(pre[name], stream.detach())
        torch.testing.assert_close(post[name], hidden.detach())


def test_the_same_seed_draws_the_same_weights_and_depth_scaling_scales_what_is_added() -> None:
    plain, residual, scaled = (
        list(_model(**options).parameters())
        for options in ({}, {"residual": True}, {"residual": True, "depth_scaling": True})
    )
    factors = [1.0, 1.0, *[0.5] * 6, 1.0, 1.0]  # depth 4
    for one, other, third, factor in zip(plain, residual, scaled, factors, strict=True):
        assert torch.equal(one, other)
        assert torch.equal(one * factor, third)


def test_it_is_differentiated_as_what_it_is() -> None:
    """No rule for chains of linear maps may take it for one."""
    model, images = _model(residual=True), _images() / 255
    assert plain_layers(model) == []
    assert chain_of(NetworkFunction(model)) == []
    labels = torch.arange(20) % 5
    expected = torch.autograd.grad(torch.nn.functional.cross_entropy(model(images), labels), list(model.parameters()))
    gradient = Gradient(model)
    gradient(images, labels)
    torch.testing.assert_close(list(gradient.flat.layout.views(gradient.vector)), list(expected))
