"""The Hessian from shifts of linear maps against autograd's, and where it falls back on products."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian as autograds_hessian

from geomgen.measures import dense_hessian as module
from geomgen.measures.dense_hessian import dense_hessian
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import hessian
from geomgen.models.layers import Network
from geomgen.numerics.dense import dense_matrix
from tests.models.functional.networks import KINDS, problem

NUM_SAMPLES, NUM_CLASSES = 9, 3
SIZES = ((4, 3), (4, 1, 3), (4, 5, 2, 3))


def _net(sizes: tuple[int, ...], function: nn.Module, *, bias: bool = True) -> nn.Sequential:
    maps: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        maps += [nn.Linear(fan_in, fan_out, bias=bias), function]
    return nn.Sequential(nn.Flatten(), *maps[:-1]).double()


def _samples() -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    return torch.randn(NUM_SAMPLES, 1, 2, 2, generator=source, dtype=torch.float64), torch.arange(NUM_SAMPLES) % 3


def _check(network: NetworkFunction, inputs: Tensor, labels: Tensor) -> None:
    theta = network.parameters()
    exact = autograds_hessian(lambda theta: network.loss(theta, inputs, labels), theta)
    torch.testing.assert_close(dense_hessian(network, theta, inputs, labels), exact, rtol=1e-9, atol=1e-12)


@pytest.fixture
def no_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let products of the Hessian with vectors fail, so that only shifts of maps are left."""
    monkeypatch.setattr(module, "hessian", None)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("chunk_size", [4, 100])
@pytest.mark.usefixtures("no_products")
def test_it_is_autograds(sizes: tuple[int, ...], loss: Loss, chunk_size: int) -> None:
    torch.manual_seed(0)
    _check(NetworkFunction(_net(sizes, nn.Tanh()), loss=loss, chunk_size=chunk_size), *_samples())


@pytest.mark.parametrize("function", [nn.GELU(), nn.Identity(), nn.LayerNorm(5, elementwise_affine=False)])
@pytest.mark.usefixtures("no_products")
def test_without_biases_and_with_other_functions(function: nn.Module) -> None:
    torch.manual_seed(0)
    _check(NetworkFunction(_net((4, 5, 5, 3), function, bias=False)), *_samples())


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network(kind: str) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    theta = network.parameters()
    expected = dense_matrix(hessian(network, theta, inputs, labels), len(theta))
    torch.testing.assert_close(dense_hessian(network, theta, inputs, labels), expected, rtol=1e-9, atol=1e-11)


class _Tied(nn.Module):
    """A map whose weight its network also uses by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.map, self.out = nn.Linear(4, 4, bias=False), nn.Linear(4, NUM_CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        hidden = torch.tanh(self.map(images.flatten(1)))
        logits: Tensor = self.out(torch.tanh(hidden @ self.map.weight))
        return logits


class _Residual(nn.Module):
    """Maps that are not one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other, self.out = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, NUM_CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits."""
        flat = images.flatten(1)
        logits: Tensor = self.out(flat + torch.tanh(self.one(flat)) * torch.sigmoid(self.other(flat)))
        return logits


@pytest.mark.parametrize("model", [_Tied(), _Residual()])
def test_weights_that_are_used_twice_and_maps_beside_each_other(model: nn.Module) -> None:
    assert not isinstance(model, Network)
    _check(NetworkFunction(model.double()), *_samples())
