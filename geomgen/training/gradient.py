"""Loss of a network on a batch, and its gradient in one vector."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from geomgen.models.functional.gradient import loss_and_gradients
from geomgen.models.functional.loss import Targets
from geomgen.models.layers import Network
from geomgen.numerics.kernels import cross_entropy_and_slope, relu_backward
from geomgen.training.flat import FlatParameters, gather
from geomgen.training.precision import affine


class Gradient:
    """Mean cross-entropy of a network and its gradient with respect to the parameters.

    Linear maps with ReLU between them are differentiated directly by the chain rule, with each product written into its
    place: this takes half the time of autograd for a narrow network, and for a wide one allocates no new memory per
    step, whose page faults would cost a third of the product. Every other network uses autograd.

    Attributes:
        flat: The network's parameters as one vector.
        vector: The gradient, ``(num,)``, with the same layout and type; valid until the next call.

    Args:
        model: Network; its parameters become views of ``flat.vector``.
        penalty: Weight of |gradient|^2 in the loss that is differentiated; see `penalised_gradients`.
    """

    def __init__(self, model: Network, penalty: float = 0.0) -> None:
        self.model, self.penalty = model, penalty
        self.flat = FlatParameters(model)
        self.vector = torch.zeros_like(self.flat.vector)
        self._views = self.flat.layout.views(self.vector)
        self._parameters = list(model.parameters())
        self._linears = [] if penalty else plain_linears(model)

    def __call__(self, images: Float[Tensor, "n channels height width"], targets: Targets) -> Float32[Tensor, ""]:
        """Compute loss and gradient on a batch.

        Args:
            images: Of the parameters' type.
            targets: Labels, or probabilities of the classes, float32.

        Returns:
            The loss in nats.
        """
        if self._linears:
            return _backpropagate(self._linears, images.flatten(1), targets, self._views)
        self.model.train()  # otherwise the network is always in evaluation mode
        loss, gradients = loss_and_gradients(self.model, images, targets, self._parameters, penalty=self.penalty)
        self.model.eval()
        gather(self._views, gradients)
        return loss


def plain_linears(model: Network) -> list[nn.Linear]:
    """Return the linear maps of a network that has only ReLU between them; an empty list for any other network."""
    containers = [module for module in model.modules() if next(module.children(), None)]
    if any(type(module).forward is not nn.Sequential.forward for module in containers):
        return []
    steps = [module for module in model.modules() if not next(module.children(), None)]
    steps = [module for module in steps if not isinstance(module, nn.Flatten)]
    linears = [module for module in steps[::2] if isinstance(module, nn.Linear) and module.bias is not None]
    between = [module for module in steps[1::2] if isinstance(module, nn.ReLU)]
    return linears if len(linears) + len(between) == len(steps) and len(steps) % 2 else []


@torch.no_grad()
def _backpropagate(
    linears: Sequence[nn.Linear], inputs: Tensor, targets: Tensor, gradients: Sequence[Tensor]
) -> Tensor:
    """Write the gradient of each weight and bias into its place and return the loss."""
    outputs = [inputs]
    for linear in linears[:-1]:
        outputs.append(affine(outputs[-1], linear.weight, linear.bias).relu_())
    logits = affine(outputs[-1], linears[-1].weight, linears[-1].bias)
    loss, delta = _cross_entropy_of_labels(logits, targets) if targets.dim() == 1 else _cross_entropy(logits, targets)
    for index in range(len(linears) - 1, -1, -1):
        torch.mm(delta.T, outputs[index], out=gradients[2 * index])
        torch.sum(delta, 0, out=gradients[2 * index + 1])
        if index:
            delta = relu_backward(delta @ linears[index].weight, outputs[index])
    return loss


def _cross_entropy(logits: Tensor, probabilities: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy to probabilities and its gradient in the logits: (softmax - probabilities) / n."""
    log_probabilities = torch.log_softmax(logits.float(), 1)
    loss = -(probabilities * log_probabilities).sum(1).mean()
    delta = log_probabilities.exp_().sub_(probabilities).div_(len(logits))
    return loss, delta.to(logits.dtype)


def _cross_entropy_of_labels(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy and its gradient in the logits."""
    loss, delta = cross_entropy_and_slope(logits.float(), labels)
    return loss, delta.to(logits.dtype)
