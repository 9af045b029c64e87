"""Every direction that is said to be flat is an eigenvector of 0, and in small networks there are no others."""

import pytest
import torch
from torch import Tensor, nn

from geomgen.measures.zero_directions import KnownZeros, known_zeros
from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import gauss_newton, hessian
from geomgen.models.layers import Block, Network
from geomgen.models.mlp import mlp
from tests.models.functional.networks import problem

LABELS = torch.arange(40) % 3


def _network(activation: type[nn.Module], width: int = 5) -> Network:
    return Network(
        {
            "hidden1": Block(nn.Linear(6, width), activation(), before=nn.Flatten()),
            "hidden2": Block(nn.Linear(width, 4), activation()),
            "output": Block(nn.Linear(4, 3)),
        },
        4,
    ).double()


def _images(dead: int) -> Tensor:
    images = torch.randn(40, 1, 2, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    images.flatten(1)[:, :dead] = 0
    return images


def _num_zeros(network: NetworkFunction, theta: Tensor, images: Tensor) -> int:
    for curvature in (gauss_newton, hessian):
        values = torch.linalg.eigvalsh(curvature(network, theta, images, LABELS)(torch.eye(len(theta)).double()))
        count = int((values.abs() <= 1e-13 * values.abs().max()).sum())
    return count


def _theta(network: NetworkFunction) -> Tensor:
    return torch.randn(network.layout.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("dead", [0, 2])
def test_a_tanh_network_has_those_of_dead_inputs_and_of_the_shift_and_no_others(dead: int) -> None:
    network = NetworkFunction(_network(nn.Tanh))
    theta, images = _theta(network), _images(dead)
    zeros = known_zeros(network, theta, images)
    assert zeros == KnownZeros(dead, None, 4 + 1, 5 * dead + 5)
    assert _num_zeros(network, theta, images) == zeros.total


@pytest.mark.parametrize("dead", [0, 2])
def test_a_relu_network_has_those_of_dead_units_too(dead: int) -> None:
    network = NetworkFunction(_network(nn.ReLU))
    theta, images = _theta(network), _images(dead)
    named = network.layout.named(theta)
    named["hidden1.linear.bias"][[0, 3]] = -100
    named["hidden2.linear.bias"][2] = -100
    zeros = known_zeros(network, theta, images)
    # Weights of dead units, of what they pass on, of dead inputs of living units; and shifts of living units.
    weights = 2 * (6 + 1) + 3 * dead + (2 * 3 + (5 + 1)) + 3
    assert zeros == KnownZeros(dead, 3, 5, weights + 4)
    # Rescaling of a ReLU unit keeps the function, but is no direction of 0 curvature unless the gradient is 0.
    assert _num_zeros(network, theta, images) >= zeros.total
    units = torch.eye(network.layout.size, dtype=torch.float64)
    unused = hessian(network, theta, images, LABELS)(units).eq(0).all(1)
    assert int(unused.sum()) >= weights  # a weight between two units that are never on together is unused too


def test_parameters_of_zero_kill_relu_units_but_not_those_of_tanh() -> None:
    for activation, expected in ((nn.ReLU, 9), (nn.Tanh, None)):
        network = NetworkFunction(_network(activation))
        theta = torch.zeros(network.layout.size, dtype=torch.float64)
        zeros = known_zeros(network, theta, _images(0))
        assert zeros.dead_units == expected
        assert _num_zeros(network, theta, _images(0)) >= zeros.total


def test_layer_normalisation_keeps_units_alive_and_batch_normalisation_dies_with_them() -> None:
    for norm, expected in ((nn.LayerNorm, 0), (nn.BatchNorm1d, 2 * (6 + 1 + 2) + 2 * 3)):
        network = NetworkFunction(mlp((1, 2, 3), 3, width=5, depth=1, norm=norm).double())
        theta = network.parameters()
        network.layout.named(theta)[f"hidden1.{norm.__name__.lower()}.bias"][:2] = -100
        zeros = known_zeros(network, theta, _images(0))
        assert zeros.total == expected + 6 - (2 if expected else 0)
        assert zeros.dead_units == (2 if expected else None)


@pytest.mark.parametrize(("kind", "shift"), [("lenet5", 6), ("transformer", 5), ("custom", 0)])
def test_of_other_networks_only_the_shift_is_known(kind: str, shift: int) -> None:
    model, inputs, _ = problem(kind)
    network = NetworkFunction(model)
    assert known_zeros(network, network.parameters(), inputs) == (0, None, shift, shift)


def test_squared_error_depends_on_the_shift() -> None:
    network = NetworkFunction(_network(nn.Tanh), loss=squared_error)
    assert known_zeros(network, _theta(network), _images(0)) == (0, None, 0, 0)


def test_chunks_are_seen_together() -> None:
    network = NetworkFunction(_network(nn.ReLU), chunk_size=7)
    images = _images(2)
    images[20:, 0, 0, 0] = 1.0
    assert known_zeros(network, _theta(network), images).dead_inputs == 1
