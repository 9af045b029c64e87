"""The gradient against autograd's."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from geomgen.models.activations import ACTIVATIONS
from geomgen.models.functional.loss import LOSSES
from geomgen.models.layers import Network
from geomgen.models.lenet import lenet5
from geomgen.models.mlp import mlp
from geomgen.training.gradient import Gradient, plain_layers

SHAPE = (1, 16, 16)
NETWORKS: dict[str, Callable[[], Network]] = {
    "one hidden layer": lambda: mlp(SHAPE, 5, width=12, depth=1),
    "three hidden layers": lambda: mlp(SHAPE, 5, width=12, depth=3),
    "layer norm": lambda: mlp(SHAPE, 5, width=12, norm=nn.LayerNorm),
    "convolutions": lambda: lenet5(SHAPE, 5, width=12),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("are_probabilities", [False, True])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.3)])
def test_is_the_gradient_of_the_mean_cross_entropy(
    name: str, are_probabilities: bool, dtype: torch.dtype, tolerance: float
) -> None:
    source = torch.Generator().manual_seed(0)
    model = NETWORKS[name]()
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.1, generator=source)
    images, targets = torch.randn(8, *SHAPE, generator=source), torch.randint(5, (8,), generator=source)
    if are_probabilities:
        targets = torch.randn(8, 5, generator=source).softmax(1)
    gradient = Gradient(model.to(dtype))
    for batch in (slice(0, 5), slice(3, 8)):
        loss = gradient(images[batch].to(dtype), targets[batch])
        found = gradient.vector.double()
        exact = Gradient(NETWORKS[name]().double())
        exact.flat.vector.copy_(gradient.flat.vector)
        wanted = targets[batch].double() if are_probabilities else targets[batch]
        expected = nn.functional.cross_entropy(exact.model(images[batch].to(dtype).double()), wanted)
        by_autograd = torch.autograd.grad(expected, list(exact.model.parameters()))
        assert float(loss) == pytest.approx(float(expected.detach()), rel=tolerance)
        joined = torch.cat([part.flatten() for part in by_autograd])
        views = torch.cat([view.flatten() for view in gradient.flat.layout.views(found)])
        assert float((views - joined).norm() / joined.norm()) < tolerance


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("are_probabilities", [False, True])
def test_without_autograd_the_bits_are_those_of_autograd(loss: str, activation: str, are_probabilities: bool) -> None:
    source = torch.Generator().manual_seed(1)
    model = mlp(SHAPE, 5, width=9, hidden=(12, 7, 9), activation=ACTIVATIONS[activation])
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.1, generator=source)
    images, targets = torch.randn(7, *SHAPE, generator=source), torch.randint(5, (7,), generator=source)
    if are_probabilities:
        targets = torch.randn(7, 5, generator=source).softmax(1)
    gradient = Gradient(model, loss=LOSSES[loss])
    assert bool(gradient._layers) == (activation in {"relu", "tanh", "identity"})
    value = gradient(images, targets)
    expected = LOSSES[loss](model(images), targets)
    by_autograd = torch.autograd.grad(expected, list(model.parameters()))
    views = gradient.flat.layout.views(gradient.vector)
    if loss == "cross-entropy" and are_probabilities:  # autograd adds the rows' sums of probabilities, which are 1
        assert all(torch.allclose(*pair, rtol=1e-5, atol=1e-7) for pair in zip(views, by_autograd, strict=True))
    else:
        assert torch.equal(value, expected.detach())
        assert all(torch.equal(*pair) for pair in zip(views, by_autograd, strict=True))


def test_only_linear_maps_with_biases_and_elementwise_activations_are_plain() -> None:
    networks: dict[str, Callable[[], Network]] = {
        **NETWORKS,
        "no bias": lambda: mlp(SHAPE, 5, width=12, bias=False),
        "needs its input": lambda: mlp(SHAPE, 5, width=12, activation=nn.GELU),
        "tanh": lambda: mlp(SHAPE, 5, width=12, activation=nn.Tanh),
    }
    assert {name: len(plain_layers(network())) for name, network in networks.items()} == {
        "one hidden layer": 2,
        "three hidden layers": 4,
        "layer norm": 0,
        "convolutions": 0,
        "no bias": 0,
        "needs its input": 0,
        "tanh": 3,
    }
