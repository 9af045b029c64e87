"""Products against dense matrices, closed forms, and each other."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import hessian as dense_hessian
from torch.func import grad

from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import Curvature, empirical_fisher, gauss_newton, hessian
from tests.models.functional.networks import KINDS, NUM_SAMPLES, jacobian_of, problem

RTOL, ATOL = 1e-9, 1e-11
CURVATURES = (hessian, gauss_newton, empirical_fisher)


def _randn(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def _dense(curvature: Curvature, size: int) -> Tensor:
    return curvature(torch.eye(size, dtype=torch.float64))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_products_are_those_of_dense_matrices(kind: str, loss: Loss) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model, loss=loss)
    theta = network.parameters()
    block = _randn(3, len(theta))
    # Autograd alone: inside of torch.func, the gradient of a mapped layer normalisation is differentiated wrongly.
    matrix = dense_hessian(lambda theta: network.loss(theta, inputs, labels), theta)
    torch.testing.assert_close(hessian(network, theta, inputs, labels)(block), block @ matrix, rtol=RTOL, atol=ATOL)
    jacobian = jacobian_of(network, theta, inputs)
    outputs = network.logits(theta, inputs)
    by_logits = dense_hessian(lambda logits: loss(logits, labels), outputs)
    flat = jacobian.flatten(0, 1)
    gauss = flat.T @ by_logits.reshape(len(flat), len(flat)) @ flat
    torch.testing.assert_close(gauss_newton(network, theta, inputs, labels)(block), block @ gauss, rtol=RTOL, atol=ATOL)
    gradients = torch.einsum("no,nok->nk", grad(lambda logits: loss(logits, labels, "sum"))(outputs), jacobian)
    fisher = gradients.T @ gradients / NUM_SAMPLES
    found = empirical_fisher(network, theta, inputs, labels)(block)
    torch.testing.assert_close(found, block @ fisher, rtol=RTOL, atol=ATOL)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk_size", [1, 3, NUM_SAMPLES])
@pytest.mark.parametrize("num_kept", [0, 2])
def test_chunks_agree_with_the_whole_and_two_products_bit_for_bit(
    kind: str, chunk_size: int, num_kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, inputs, labels = problem(kind)
    whole, chunked = NetworkFunction(model), NetworkFunction(model, chunk_size=chunk_size)
    theta = whole.parameters()
    block = _randn(2, len(theta))
    monkeypatch.setattr("geomgen.models.functional.products.NUM_KEPT", num_kept)
    for curvature in CURVATURES:
        product = curvature(chunked, theta, inputs, labels)
        expected = curvature(whole, theta, inputs, labels)(block)
        once = product(block)
        torch.testing.assert_close(once, expected, rtol=1e-10, atol=1e-12)
        assert torch.equal(once, product(block))
        assert torch.equal(once, curvature(chunked, theta, inputs, labels)(block))


@pytest.mark.parametrize("kind", ["mlp", "transformer"])
def test_derivatives_are_taken_where_autograd_is_off_too(kind: str) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    theta, block = network.parameters(), _randn(2, network.layout.size)

    def all_of_them() -> list[Tensor]:
        return [
            network.gradient(theta, inputs, labels),
            jacobian_of(network, theta, inputs),
            hessian(network, theta, inputs, labels)(block),
            gauss_newton(network, theta, inputs, labels)(block),
            empirical_fisher(network, theta, inputs, labels)(block),
        ]

    expected = all_of_them()
    with torch.no_grad():
        found = all_of_them()
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
        assert not one.requires_grad


def _linear_map(outputs: int = 3) -> tuple[NetworkFunction, Tensor, Tensor]:
    """Return a linear map without bias of 6 samples of 4 numbers, and its parameters; W is laid out row by row."""
    network = NetworkFunction(nn.Linear(4, outputs, bias=False).double(), chunk_size=4)
    return network, _randn(4 * outputs), _randn(6, 4)


def test_hessian_of_linear_softmax_is_its_closed_form_and_the_gauss_newton_matrix() -> None:
    network, theta, inputs = _linear_map()
    labels = torch.arange(6) % 3
    chances = network.logits(theta, inputs).softmax(1)
    expected = torch.zeros(12, 12, dtype=torch.float64)
    for chance, sample in zip(chances, inputs, strict=True):
        expected += torch.kron(chance.diag() - chance.outer(chance), sample.outer(sample)) / 6
    for curvature in (hessian, gauss_newton):
        found = _dense(curvature(network, theta, inputs, labels), 12)
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("outputs", [1, 3])
def test_hessian_of_least_squares_is_twice_the_gram_matrix_for_each_output(outputs: int) -> None:
    network, theta, inputs = _linear_map(outputs)
    network.loss_function = squared_error
    expected = torch.kron(torch.eye(outputs, dtype=torch.float64), inputs.T @ inputs) * 2 / 6
    for curvature in (hessian, gauss_newton):
        found = _dense(curvature(network, theta, inputs, _randn(6, outputs)), 4 * outputs)
        torch.testing.assert_close(found, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_empirical_fisher_matrix_of_least_squares_has_no_factor_of_outputs(outputs: int) -> None:
    network, theta, inputs = _linear_map(outputs)
    network.loss_function = squared_error
    targets = _randn(6, outputs)
    residuals = network.logits(theta, inputs) - targets
    gradients = 2 * torch.einsum("no,ni->noi", residuals, inputs).flatten(1)
    found = _dense(empirical_fisher(network, theta, inputs, targets), 4 * outputs)
    torch.testing.assert_close(found, gradients.T @ gradients / 6, rtol=1e-8, atol=1e-12)


def test_a_relu_network_has_the_same_diagonal_in_hessian_and_gauss_newton_matrix() -> None:
    model, inputs, labels = problem("mlp")
    network = NetworkFunction(model)
    theta = network.parameters()
    one, other = (
        _dense(curvature(network, theta, inputs, labels), len(theta)) for curvature in (hessian, gauss_newton)
    )
    torch.testing.assert_close(one.diagonal(), other.diagonal(), rtol=1e-9, atol=1e-12)
    assert not torch.allclose(one, other)
