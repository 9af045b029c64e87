"""The sizes and norms of multi-layer perceptrons."""

from torch import nn

from geomgen.models.mlp import mlp


def test_mlp_has_the_published_sizes() -> None:
    model = mlp((1, 28, 28), 10, width=512)
    assert [tuple(p.shape) for p in model.parameters()] == [(512, 784), (512,), (512, 512), (512,), (10, 512), (10,)]
    assert [layer.name for layer in model.layers()] == ["hidden1", "hidden2", "output"]


def test_each_hidden_layer_has_a_norm_of_its_own() -> None:
    model = mlp((1, 4, 4), 3, width=5, depth=3, norm=nn.LayerNorm)
    norms = [module for module in model.modules() if isinstance(module, nn.LayerNorm)]
    assert len({id(norm) for norm in norms}) == 3
