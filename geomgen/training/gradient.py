"""Loss of a network on a batch, and its gradient in one vector."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float, Float32
from torch import Tensor, nn

from geomgen.models.functional.gradient import loss_and_gradients
from geomgen.models.functional.loss import Loss, Targets, cross_entropy, one_hot, squared_error
from geomgen.models.layers import Network
from geomgen.numerics.kernels import cross_entropy_and_slope, relu_backward, tanh_backward
from geomgen.training.flat import FlatParameters, gather
from geomgen.training.precision import affine


class Elementwise(NamedTuple):
    """An activation whose derivative is known from its output.

    Attributes:
        apply: Maps inputs to outputs, in place.
        backward: Returns the gradient with respect to the input, from the one with respect to the output, and the
            output.
    """

    apply: Callable[[Float[Tensor, "*shape"]], Float[Tensor, "*shape"]]
    backward: Callable[[Float[Tensor, "*shape"], Float[Tensor, "*shape"]], Float[Tensor, "*shape"]]


IDENTITY = Elementwise(lambda inputs: inputs, lambda gradient, _output: gradient)
ELEMENTWISE: Mapping[type[nn.Module], Elementwise] = {
    nn.ReLU: Elementwise(torch.relu_, relu_backward),
    nn.Tanh: Elementwise(torch.tanh_, tanh_backward),
    nn.Identity: IDENTITY,
}


class PlainLayer(NamedTuple):
    """A linear map with a bias, and the activation after it."""

    linear: nn.Linear
    activation: Elementwise


class Gradient:
    """Mean loss of a network and its gradient with respect to the parameters.

    Linear maps with `ELEMENTWISE` activations between them are differentiated directly by the chain rule, with each
    product written into its place: this takes half the time of autograd for a narrow network, and for a wide one
    allocates no new memory per step, whose page faults would cost a third of the product. Every other network uses
    autograd.

    Attributes:
        flat: The network's parameters as one vector.
        vector: The gradient, ``(num,)``, with the same layout and type; valid until the next call.

    Args:
        model: Network; its parameters become views of ``flat.vector``.
        penalty: Weight of |gradient|^2 in the loss that is differentiated; see `penalised_gradients`.
        loss: Loss of logits and targets.
    """

    def __init__(self, model: Network, penalty: float = 0.0, loss: Loss = cross_entropy) -> None:
        self.model, self.penalty, self.loss = model, penalty, loss
        self.flat = FlatParameters(model)
        self.vector = torch.zeros_like(self.flat.vector)
        self._views = self.flat.layout.views(self.vector)
        self._parameters = list(model.parameters())
        self._layers = [] if penalty else plain_layers(model)

    def __call__(self, images: Float[Tensor, "n channels height width"], targets: Targets) -> Float32[Tensor, ""]:
        """Compute loss and gradient on a batch.

        Args:
            images: Of the parameters' type.
            targets: Labels, or probabilities of the classes, float32.

        Returns:
            The mean loss.
        """
        if self._layers:
            return _backpropagate(self._layers, images.flatten(1), targets, SLOPES[self.loss], self._views)
        self.model.train()  # otherwise the network is always in evaluation mode
        loss, gradients = loss_and_gradients(
            self.model, images, targets, self._parameters, loss=self.loss, penalty=self.penalty
        )
        self.model.eval()
        gather(self._views, gradients)
        return loss


def clip(gradient: Float[Tensor, " num"], limit: float) -> None:
    """Scale a gradient down, in place, to a Euclidean norm; a shorter one is left as it is.

    Args:
        gradient: Of any type; its norm is computed in float32.
        limit: The largest norm.

    Source:
        Pascanu, Mikolov and Bengio (2013), On the Difficulty of Training Recurrent Neural Networks.
    """
    norm = torch.linalg.vector_norm(gradient, dtype=torch.float32)
    if norm > limit:
        gradient.mul_(limit / norm)


def plain_layers(model: Network) -> list[PlainLayer]:
    """Return the layers of a network of linear maps with biases and `ELEMENTWISE` activations; none of any other."""
    containers = [module for module in model.modules() if next(module.children(), None)]
    if any(type(module).forward is not nn.Sequential.forward for module in containers):
        return []
    steps = [module for module in model.modules() if not next(module.children(), None)]
    steps = [module for module in steps if not isinstance(module, nn.Flatten)]
    linears = [module for module in steps[::2] if isinstance(module, nn.Linear) and module.bias is not None]
    between = [ELEMENTWISE[type(module)] for module in steps[1::2] if type(module) in ELEMENTWISE]
    if len(linears) + len(between) < len(steps) or len(steps) % 2 == 0:
        return []
    return [PlainLayer(*layer) for layer in zip(linears, [*between, IDENTITY], strict=True)]


@torch.no_grad()
def _backpropagate(
    layers: Sequence[PlainLayer], inputs: Tensor, targets: Tensor, slope: "Slope", gradients: Sequence[Tensor]
) -> Tensor:
    """Write the gradient of each weight and bias into its place and return the loss."""
    outputs = [inputs]
    for linear, activation in layers:
        outputs.append(activation.apply(affine(outputs[-1], linear.weight, linear.bias)))
    loss, delta = slope(outputs.pop(), targets)
    for index in range(len(layers) - 1, -1, -1):
        torch.mm(delta.T, outputs[index], out=gradients[2 * index])
        torch.sum(delta, 0, out=gradients[2 * index + 1])
        if index:
            delta = layers[index - 1].activation.backward(delta @ layers[index].linear.weight, outputs[index])
    return loss


def _cross_entropy(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy and its gradient in the logits, (softmax - probabilities) / n."""
    if targets.dim() == 1:
        loss, delta = cross_entropy_and_slope(logits.float(), targets)
        return loss, delta.to(logits.dtype)
    log_probabilities = torch.log_softmax(logits.float(), 1)
    loss = -(targets * log_probabilities).sum(1).mean()
    delta = log_probabilities.exp_().sub_(targets).div_(len(logits))
    return loss, delta.to(logits.dtype)


def _squared_error(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean squared error and its gradient in the logits, 2 (logits - targets) / n."""
    wide = logits.float()
    errors = wide - (targets if targets.dim() == 2 else one_hot(targets, logits.shape[1], wide.dtype))
    return errors.square().sum(1).mean(), errors.mul_(2 / len(logits)).to(logits.dtype)


Slope = Callable[[Float[Tensor, "n d"], Targets], tuple[Float[Tensor, ""], Float[Tensor, "n d"]]]
SLOPES: Mapping[Loss, Slope] = {cross_entropy: _cross_entropy, squared_error: _squared_error}
"""Of each loss, a function of logits and targets that returns its mean and the gradient in the logits."""
