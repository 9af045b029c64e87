"""A network as a function: the module's own values, autograd's gradients, and many vectors as one at a time."""

import pytest
import torch
from torch import Tensor, nn

from geomgen.errors import UsageError
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.network import NetworkFunction
from tests.models.functional.networks import KINDS, NUM_CLASSES, NUM_SAMPLES, jacobian_of, problem


def _nearby(network: NetworkFunction, count: int) -> Tensor:
    theta = network.parameters()
    return theta + 0.1 * torch.randn(count, len(theta), generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
def test_values_and_gradient_are_those_of_the_module(kind: str, loss: Loss) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model, loss=loss)
    theta = network.parameters()
    torch.testing.assert_close(network.logits(theta, inputs), model(inputs).detach())
    value = loss(model(inputs), labels)
    gradients = torch.autograd.grad(value, list(model.parameters()))
    gradient, found = network.gradient_and_loss(theta, inputs, labels)
    torch.testing.assert_close(found, value.detach())
    torch.testing.assert_close(network.loss(theta, inputs, labels), value.detach())
    torch.testing.assert_close(network.losses(theta, inputs, labels).mean(), value.detach())
    torch.testing.assert_close(gradient, torch.cat([part.flatten() for part in gradients]))


@pytest.mark.parametrize("kind", KINDS)
def test_the_jacobian_is_one_backward_pass_a_logit(kind: str) -> None:
    model, inputs, _ = problem(kind)
    network = NetworkFunction(model)
    found = jacobian_of(network, network.parameters(), inputs)
    assert found.shape == (NUM_SAMPLES, NUM_CLASSES, network.layout.size)
    for sample, logit in ((0, 0), (4, 2), (6, 1)):
        gradients = torch.autograd.grad(model(inputs[sample : sample + 1])[0, logit], list(model.parameters()))
        expected = torch.cat([part.flatten() for part in gradients])
        torch.testing.assert_close(found[sample, logit], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunk_size", [1, 7])
def test_many_vectors_and_any_chunks_give_what_each_gives_alone(kind: str, chunk_size: int) -> None:
    model, inputs, labels = problem(kind)
    whole, chunked = NetworkFunction(model), NetworkFunction(model, chunk_size=chunk_size)
    thetas = _nearby(whole, 3)
    for name in ("losses", "loss", "gradient"):
        alone = torch.stack([getattr(whole, name)(theta, inputs, labels) for theta in thetas])
        torch.testing.assert_close(getattr(chunked, name)(thetas, inputs, labels), alone, rtol=1e-10, atol=1e-12)
    alone = torch.stack([whole.logits(theta, inputs) for theta in thetas])
    torch.testing.assert_close(chunked.logits(thetas, inputs), alone, rtol=1e-10, atol=1e-12)


def test_each_vector_can_have_samples_of_its_own() -> None:
    model, inputs, labels = problem("mlp")
    network = NetworkFunction(model, chunk_size=2)
    thetas, batches = _nearby(network, 2), torch.stack([inputs[:3], inputs[3:6]])
    targets = torch.stack([labels[:3], labels[3:6]])
    gradients, losses = network.gradient_and_loss(thetas, batches, targets, paired=True)
    for index, one in enumerate(zip(thetas, batches, targets, strict=True)):
        torch.testing.assert_close((gradients[index], losses[index]), network.gradient_and_loss(*one))


def test_the_network_stays_as_it_was_and_its_running_statistics_ride_along() -> None:
    model, inputs, labels = problem("batch norm")
    model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    network = NetworkFunction(model)
    theta = network.parameters().float()
    assert network.gradient(theta, inputs.float(), labels).dtype == torch.float32
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    norm = next(module for module in model.modules() if isinstance(module, nn.BatchNorm1d))
    assert norm.running_mean is not None
    logits = network.logits(theta, inputs.float())
    norm.running_mean += 1
    assert not torch.allclose(network.logits(theta, inputs.float()), logits)


def test_a_normalisation_over_the_batch_is_refused() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False))
    with pytest.raises(UsageError, match="BatchNorm1d without running statistics mixes the images of a batch"):
        NetworkFunction(model)
