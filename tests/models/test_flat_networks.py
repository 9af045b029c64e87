"""Networks as rows of parameters, against modules of torch and autograd."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from geomgen.config.random_networks import RandomNetworkConfig
from geomgen.models.activations import ACTIVATIONS
from geomgen.models.flat_networks import FlatNetworks, output_curvatures, output_slopes
from geomgen.models.random_networks import RandomNetworks
from geomgen.numerics.seeds import generator

LAYERS = (3, 5, 4, 1)


def _module(flat: torch.Tensor, activation: str, bias: bool) -> nn.Sequential:
    maps = [nn.Linear(a, b, bias=bias, dtype=flat.dtype) for a, b in pairwise(LAYERS)]
    module = nn.Sequential(maps[0], ACTIVATIONS[activation](), maps[1], ACTIVATIONS[activation](), maps[2])
    nn.utils.vector_to_parameters(flat, module.parameters())
    return module


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_outputs_and_gradients_are_those_of_torch(activation: str, bias: bool, loss: str) -> None:
    source = torch.Generator().manual_seed(0)
    size = sum((a + bias) * b for a, b in pairwise(LAYERS))
    flat = torch.randn(6, size, generator=source, dtype=torch.float64)
    inputs = torch.randn(6, 3, 7, generator=source, dtype=torch.float64)
    targets = torch.randint(2, (6, 7), generator=source).double() * 2 - 1
    networks = FlatNetworks(LAYERS, bias, activation)
    outputs, found = networks.outputs(flat, inputs), networks.gradients(flat, inputs, targets, loss)
    for row in range(6):
        module = _module(flat[row], activation, bias)
        expected = module(inputs[row].T).squeeze(1)
        torch.testing.assert_close(outputs[row], expected, rtol=1e-10, atol=1e-12)
        losses = -nn.functional.logsigmoid(targets[row] * expected)
        (losses if loss == "cross-entropy" else (expected - targets[row]).square()).mean().backward()
        gradient = torch.cat([one.grad.flatten() for one in module.parameters() if one.grad is not None])
        torch.testing.assert_close(found[row], gradient, rtol=1e-9, atol=1e-12)


def test_drawn_parameters_give_the_outputs_of_random_networks() -> None:
    config = RandomNetworkConfig(inputs=3, hidden="5,4", sigma_b=0.5).filled()
    drawn = RandomNetworks(torch.randn(9, 3, generator=generator(0, "inputs")), config)
    flat = drawn.parameters(generator(1, "test"), drawn.block)
    outputs = FlatNetworks(drawn.layers, True, "relu").outputs(flat, drawn.inputs.T)
    torch.testing.assert_close(outputs, drawn.outputs(generator(1, "test")), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_of_each_input_and_their_squares(activation: str, bias: bool) -> None:
    source = torch.Generator().manual_seed(0)
    flat = torch.randn(6, sum((a + bias) * b for a, b in pairwise(LAYERS)), generator=source, dtype=torch.float64)
    inputs = torch.randn(3, 7, generator=source, dtype=torch.float64)
    networks = FlatNetworks(LAYERS, bias, activation)
    found = networks.squared_gradients(flat, inputs)
    outputs, rows = networks.jacobian(flat, inputs)
    torch.testing.assert_close(outputs, networks.outputs(flat, inputs), rtol=1e-10, atol=1e-12)
    for place in range(7):
        own = inputs[:, [place]].expand(6, -1, -1)
        unit_slopes = networks.outputs(flat, own) - 0.5
        expected = networks.gradients(flat, own, unit_slopes, "mse")
        torch.testing.assert_close(found[:, place], expected.square().sum(1), rtol=1e-10, atol=1e-12)
        torch.testing.assert_close(rows[:, place], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_curvatures_are_the_slopes_of_slopes(loss: str) -> None:
    outputs = torch.linspace(-5, 5, 11, dtype=torch.float64)[None].requires_grad_()
    for sign in (1.0, -1.0):
        slopes = output_slopes(outputs, torch.full_like(outputs, sign), loss)
        (expected,) = torch.autograd.grad(slopes.sum(), outputs)
        torch.testing.assert_close(output_curvatures(outputs.detach(), loss), expected)
