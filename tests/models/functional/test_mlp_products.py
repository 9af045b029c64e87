"""Products for multi-layer perceptrons against those of autograd, and which networks have them."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian as dense_hessian

from geomgen.models.activations import ACTIVATIONS
from geomgen.models.functional import mlp_products as module
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.mlp_products import bytes_per_sample, chain_of, used_columns
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.models.mlp import mlp
from tests.models.functional.networks import KINDS, problem

LABELS = torch.arange(20) % 4


def _randn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _network(
    activation: Callable[[], nn.Module] = nn.ReLU, loss: Loss = cross_entropy, *, bias: bool = True, depth: int = 3
) -> NetworkFunction:
    hidden = [7, 5, 6][:depth]
    model = mlp((1, 5, 5), 4, width=hidden[-1], depth=depth, hidden=hidden, activation=activation, bias=bias)
    return NetworkFunction(model.to_empty(device="cpu").double(), loss=loss)


def _images(dead: int = 0) -> Tensor:
    images = _randn(20, 1, 5, 5)
    images.flatten(1)[:, :dead] = 0
    return images


def _by_autograd(network: NetworkFunction, theta: Tensor, images: Tensor, targets: Tensor, block: Tensor) -> Tensor:
    matrix: Tensor = dense_hessian(lambda theta: network.loss(theta, images, targets), theta)
    return block @ matrix


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dead", [0, 6, 25])
def test_products_are_those_of_autograd(activation: str, loss: Loss, bias: bool, dead: int) -> None:
    network = _network(ACTIVATIONS[activation], loss, bias=bias)
    theta, block = 0.5 * _randn(network.layout.size), _randn(3, network.layout.size, seed=1)
    found = hessian(network, theta, _images(dead), LABELS)(block)
    expected = _by_autograd(network, theta, _images(dead), LABELS, block)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-11)
    assert len(used_columns(_images(dead))) == 25 - dead


@pytest.mark.parametrize("depth", [1, 2])
def test_each_depth(depth: int) -> None:
    network = _network(nn.Tanh, depth=depth)
    theta, block = _randn(network.layout.size), _randn(2, network.layout.size, seed=1)
    expected = _by_autograd(network, theta, _images(), LABELS, block)
    torch.testing.assert_close(hessian(network, theta, _images(), LABELS)(block), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("size", [1, 7, 20])
@pytest.mark.parametrize("room_bytes", [0, 2**20])
def test_chunks_agree_and_two_products_are_equal_bit_for_bit(
    size: int, room_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = _network(nn.GELU)
    theta, block = _randn(network.layout.size), _randn(2, network.layout.size, seed=1)
    expected = hessian(network, theta, _images(), LABELS)(block)
    monkeypatch.setattr("geomgen.models.functional.products.IMAGES_PER_PASS", size)
    monkeypatch.setattr("geomgen.models.functional.products.KEPT_BYTES", room_bytes)
    product = hessian(network, theta, _images(), LABELS)
    found = product(block)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)
    assert torch.equal(found, product(block))


def test_only_so_many_samples_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[int] = []
    whole = module.chunk_of
    monkeypatch.setattr(
        "geomgen.models.functional.products.chunk_of",
        lambda *taken: (prepared.append(len(taken[3])), whole(*taken))[1],  # type: ignore[func-returns-value]
    )
    monkeypatch.setattr("geomgen.models.functional.products.IMAGES_PER_PASS", 3)
    network = _network()
    theta, block = _randn(network.layout.size), _randn(2, network.layout.size)
    size_bytes = bytes_per_sample(network, theta, used_columns(_images()))
    monkeypatch.setattr("geomgen.models.functional.products.KEPT_BYTES", 7 * size_bytes)
    product = hessian(network, theta, _images(), LABELS)
    product(block)
    assert sum(prepared) == 20
    product(block)
    assert sum(prepared) == 20 + 14  # the first 6 are kept


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_chain_of_linear_maps_and_activations_has_them(kind: str) -> None:
    model, _, _ = problem(kind)
    assert bool(chain_of(NetworkFunction(model))) == (kind == "mlp")


def test_a_bare_map_is_no_chain() -> None:
    assert chain_of(NetworkFunction(nn.Linear(3, 2))) == []


def test_probabilities_are_targets_too() -> None:
    network = _network()
    theta, block = _randn(network.layout.size), _randn(2, network.layout.size, seed=1)
    targets = partial(torch.softmax, dim=1)(_randn(20, 4, seed=2))
    expected = _by_autograd(network, theta, _images(), targets, block)
    torch.testing.assert_close(hessian(network, theta, _images(), targets)(block), expected, rtol=1e-9, atol=1e-11)
