"""Balanced units: the same function, and the same parameters for all twins of a network."""

import pytest
import torch
from torch import Tensor, nn

from geomgen.errors import UsageError
from geomgen.models.functional.gauge import rebalanced
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.mlp import mlp


def network(activation: type[nn.Module] = nn.ReLU) -> NetworkFunction:
    """Return a perceptron with two hidden layers."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return NetworkFunction(mlp((1, 1, 3), 2, width=4, activation=activation).double())


def rescaled(function: NetworkFunction, theta: Tensor) -> Tensor:
    """Return a twin whose units of the first and second hidden layer are rescaled."""
    twin = theta.clone()
    parts = function.layout.named(twin)
    first, second = torch.logspace(-4, 4, 4).double(), torch.logspace(3, -2, 4).double()
    parts["hidden1.linear.weight"] *= first[:, None]
    parts["hidden1.linear.bias"] *= first
    parts["hidden2.linear.weight"] *= second[:, None] / first
    parts["hidden2.linear.bias"] *= second
    parts["output.linear.weight"] /= second
    return twin


def test_a_rescaled_twin_has_the_same_balanced_parameters_and_the_same_function() -> None:
    function = network()
    theta = function.parameters()
    inputs = torch.randn(5, 1, 1, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    own, twin = rebalanced(function, theta), rebalanced(function, rescaled(function, theta))
    torch.testing.assert_close(own, twin, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(function.logits(own, inputs), function.logits(theta, inputs), rtol=1e-10, atol=1e-12)
    parts = function.layout.named(own)
    incoming = parts["hidden1.linear.weight"].square().sum(1) + parts["hidden1.linear.bias"].square()
    torch.testing.assert_close(incoming, parts["hidden2.linear.weight"].square().sum(0))
    torch.testing.assert_close(rebalanced(function, own), own)


def test_a_unit_without_weights_stays_as_it_is() -> None:
    function = network()
    theta = function.parameters()
    function.layout.named(theta)["hidden1.linear.weight"][0] = 0
    function.layout.named(theta)["hidden1.linear.bias"][0] = 0
    assert rebalanced(function, theta).isfinite().all()


def test_other_activations_are_refused() -> None:
    function = network(nn.Tanh)
    with pytest.raises(UsageError, match="needs an mlp of ReLU"):
        rebalanced(function, function.parameters())
