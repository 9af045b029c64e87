"""Gradients by a network's own parameters: of some of them, and with a penalty on their length."""

import pytest
import torch

from geomgen.models.functional.gradient import loss_and_gradients, penalised_gradients
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from tests.models.functional.networks import problem


@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_gradients_are_by_the_parameters_that_are_asked_for(loss: Loss, reduction: str) -> None:
    model, inputs, labels = problem("mlp")
    some = list(model.parameters())[2:4]
    value, gradients = loss_and_gradients(model, inputs, labels, some, loss=loss, reduction=reduction)
    loss(model(inputs), labels, reduction).backward()
    torch.testing.assert_close(gradients, tuple(parameter.grad for parameter in some))
    assert not value.requires_grad


def test_penalised_gradient_of_a_quadratic_is_exact() -> None:
    curvature = torch.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, 0.25], [0.0, 0.25, 4.0]], dtype=torch.float64)
    point = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64, requires_grad=True)
    (found,) = penalised_gradients(point @ curvature @ point / 2, [point], penalty=0.7)
    expected = curvature @ point + 2 * 0.7 / 3 * curvature @ curvature @ point
    assert torch.allclose(found, expected.detach(), rtol=1e-6)
