"""Gradients of a network's loss with respect to its own parameters."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from geomgen.models.functional.loss import Loss, Targets, cross_entropy


def loss_and_gradients(
    model: nn.Module,
    inputs: Float[Tensor, "n ..."],
    targets: Targets,
    parameters: Sequence[Float[Tensor, "..."]],
    *,
    loss: Loss = cross_entropy,
    reduction: str = "mean",
    penalty: float = 0.0,
) -> tuple[Float[Tensor, ""], tuple[Float[Tensor, "..."], ...]]:
    """Return the loss of a network on a batch and its gradients with respect to some of its parameters.

    Args:
        model: In evaluation or training mode, as desired for the derivatives.
        inputs: ``(n, ...)`` of the parameters' type.
        targets: As the loss takes them.
        parameters: Tensors of the model.
        loss: Loss of logits and targets.
        reduction: ``mean`` or ``sum`` over the batch.
        penalty: Weight of |gradient|^2 in the loss that is differentiated; see `penalised_gradients`.

    Returns:
        The loss without the penalty, and one gradient per parameter; 0 for one that this batch does not use.
    """
    value = loss(model(inputs), targets, reduction)
    if penalty:
        return value.detach(), penalised_gradients(value, parameters, penalty)
    return value.detach(), torch.autograd.grad(value, parameters, materialize_grads=True)


def penalised_gradients(
    loss: Float[Tensor, ""], parameters: Sequence[Float[Tensor, "..."]], penalty: float
) -> tuple[Float[Tensor, "..."], ...]:
    """Return the gradients of E + mu |grad E|^2 / m, by differentiating twice.

    Args:
        loss: E, from parameters that may be differentiated twice.
        parameters: All m numbers, tensor by tensor.
        penalty: mu, on the scale of lambda = h m / 4.

    Returns:
        One tensor per parameter, of its type; 0 for one that this batch does not use.

    Source:
        Barrett and Dherin (2020), section 3: explicit gradient regularization.
    """
    first = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    square = torch.stack([gradient.float().square().sum() for gradient in first]).sum()
    num_parameters = sum(parameter.numel() for parameter in parameters)
    return torch.autograd.grad(loss + penalty / num_parameters * square, parameters, materialize_grads=True)
