r"""Losses and gradients of many multi-layer perceptrons of one shape, all layers of all networks in few products.

With z_l = W_l h_{l-1} + b_l and h_l = f(z_l), the derivatives d_l of the loss with respect to z_l follow backwards from
those of the loss with respect to the logits, d_{l-1} = f'(z_{l-1}) (W_l^T d_l), and the gradients are d_l h_{l-1}^T.
They are written where they belong in one matrix of gradients; autograd would copy each of them there.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from geomgen.models.functional.loss import losses_of_sets
from geomgen.models.functional.mlp_products import Map, chain_of
from geomgen.models.functional.network import ManyTargets, NetworkFunction

GradientAndLoss = Callable[..., tuple[Float[Tensor, "K D"], Float[Tensor, " K"]]]
"""As `NetworkFunction.gradient_and_loss` for K vectors: of theta, inputs and targets, ``paired`` or not."""


class Passed(NamedTuple):
    """A map, what went into it, and what its activation made of its values; both are values without activation."""

    map: Map
    taken: Float[Tensor, "K n in"]
    values: Float[Tensor, "K n out"]
    hidden: Float[Tensor, "K n out"]


def many_gradients(network: NetworkFunction) -> GradientAndLoss:
    """Return `NetworkFunction.gradient_and_loss` of many vectors by the fastest way for a network."""
    return MlpGradient(network) if chain_of(network) else network.gradient_and_loss


class MlpGradient:
    """Mean losses of multi-layer perceptrons and their gradients.

    Args:
        network: Of which `chain_of` is not empty.
    """

    def __init__(self, network: NetworkFunction) -> None:
        self._network, self._chain = network, chain_of(network)

    @torch.no_grad()
    def __call__(
        self,
        theta: Float[Tensor, "K D"],
        inputs: Float[Tensor, "_ ..."],
        targets: ManyTargets,
        *,
        paired: bool = False,
    ) -> tuple[Float[Tensor, "K D"], Float[Tensor, " K"]]:
        """Return gradients and mean losses.

        Args:
            theta: Parameters of K networks.
            inputs: ``(n, ...)``; if ``paired``, ``(K, n, ...)``: separate samples for each network.
            targets: As the loss takes them, with a leading dimension K if ``paired``.
            paired: Whether each network has its own samples.
        """
        if not paired:
            inputs, targets = (data.expand(len(theta), *data.shape) for data in (inputs, targets))
        gradients, losses = torch.zeros_like(theta), theta.new_zeros(len(theta))
        parameters, sums = self._network.layout.named(theta), self._network.layout.named(gradients)
        for chunk, wanted in self._network.chunks(inputs, targets, paired=True):
            passed = self._forward(parameters, chunk.flatten(2))
            found, delta = self._loss(passed[-1].hidden, wanted)
            losses += found
            self._backward(parameters, sums, passed, delta)
        return gradients.div_(inputs.shape[1]), losses.div_(inputs.shape[1])

    def _forward(self, parameters: dict[str, Tensor], taken: Tensor) -> list[Passed]:
        passed = list[Passed]()
        for one in self._chain:
            weight, bias = parameters[one.weight].mT, parameters.get(one.bias)
            values = taken @ weight if bias is None else torch.baddbmm(bias.unsqueeze(1), taken, weight)
            with torch.enable_grad():
                hidden = one.activation(values.requires_grad_()) if one.activation else values
            passed.append(Passed(one, taken, values, hidden))
            taken = hidden.detach()
        return passed

    def _loss(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return each network's summed loss and its derivatives with respect to the logits."""
        logits = logits.detach().requires_grad_()
        with torch.enable_grad():
            losses = losses_of_sets(self._network.loss_function, logits, targets)
            (delta,) = torch.autograd.grad(losses.sum(), logits)
        return losses.detach().sum(1), delta

    def _backward(
        self, parameters: dict[str, Tensor], sums: dict[str, Tensor], passed: list[Passed], delta: Tensor
    ) -> None:
        for index in reversed(range(len(passed))):
            one = passed[index].map
            sums[one.weight].baddbmm_(delta.mT, passed[index].taken)
            if one.bias in sums:
                sums[one.bias] += delta.sum(1)
            if index:
                below = passed[index - 1]
                (delta,) = torch.autograd.grad(below.hidden, below.values, delta @ parameters[one.weight])
