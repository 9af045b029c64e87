"""Gradients of many multi-layer perceptrons against those of autograd, and which networks have them."""

import pytest
import torch
from torch import Tensor, nn

from geomgen.models.activations import ACTIVATIONS
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.mlp_gradient import MlpGradient, many_gradients
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.layers import Block, Network
from geomgen.models.mlp import mlp
from tests.models.functional.networks import KINDS, problem


def _randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("paired", [True, False])
def test_gradients_and_losses_are_those_of_autograd(activation: str, loss: Loss, bias: bool, paired: bool) -> None:
    model = mlp((1, 5, 5), 4, width=5, depth=2, hidden=[7, 5], activation=ACTIVATIONS[activation], bias=bias)
    network = NetworkFunction(model.to_empty(device="cpu").double(), loss=loss, chunk_size=8)
    shape = (3, 20) if paired else (20,)
    labels = torch.arange(60).view(3, 20)[: 3 if paired else 1].view(shape) % 4
    theta, images = 0.5 * _randn(3, network.layout.size), _randn(*shape, 1, 5, 5, seed=1)
    found = MlpGradient(network)(theta, images, labels, paired=paired)
    torch.testing.assert_close(found, network.gradient_and_loss(theta, images, labels, paired=paired))


def test_targets_may_be_numbers_for_each_logit() -> None:
    network = NetworkFunction(mlp((1, 5, 5), 4, width=6, depth=1).double(), loss=squared_error)
    theta, images, wanted = _randn(2, network.layout.size), _randn(2, 9, 25, seed=1), _randn(2, 9, 4, seed=2)
    found = MlpGradient(network)(theta, images, wanted, paired=True)
    torch.testing.assert_close(found, network.gradient_and_loss(theta, images, wanted, paired=True))


@pytest.mark.parametrize("kind", KINDS)
def test_other_networks_have_those_of_autograd(kind: str) -> None:
    model, images, labels = problem(kind)
    network = NetworkFunction(model)
    theta = network.parameters().expand(2, -1)
    found = many_gradients(network)(theta, images, labels)
    torch.testing.assert_close(found, network.gradient_and_loss(theta, images, labels))


def test_a_linear_model_has_the_gradient_in_closed_form() -> None:
    network = NetworkFunction(Network({"output": Block(nn.Linear(3, 2))}, 3).double(), loss=squared_error)
    images, wanted = _randn(6, 3), _randn(6, 2, seed=1)
    theta = _randn(4, network.layout.size, seed=2)
    gradients, losses = MlpGradient(network)(theta, images, wanted)
    for one, gradient, value in zip(theta, gradients, losses, strict=True):
        errors = images @ one[:6].view(2, 3).T + one[6:] - wanted
        expected = torch.cat([(2 * errors.T @ images / 6).flatten(), 2 * errors.mean(0)])
        torch.testing.assert_close(gradient, expected)
        torch.testing.assert_close(value, errors.square().sum(1).mean())
