"""A network as a function of one vector of parameters, or of many at once."""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, jacrev
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm

from geomgen.errors import UsageError
from geomgen.models.functional.flat import FlatLayout
from geomgen.models.functional.loss import Loss, Targets, cross_entropy
from geomgen.models.functional.mapping import mapped
from geomgen.models.functional.second_order import second_derivatives
from geomgen.models.layers import EVALUATION_BATCH_SIZE
from geomgen.models.lenet import ChannelsLast

ManyTargets = Int64[Tensor, "*P n"] | Float[Tensor, "*P n d"]
"""`Targets` of one set of samples, or of K sets, one for each vector."""


class NetworkFunction:
    """A network in evaluation mode as a function of its parameters, laid end to end in one vector theta.

    Every method takes one vector ``(D,)`` or K of them, ``(K, D)``, of any type and on any device; results of K vectors
    have a leading dimension K. Inputs ``(n, ...)`` have the type and device of theta. Samples pass in chunks,
    whose sums are added in their order, so that memory is bounded and equal input gives equal bits.

    The network itself is neither moved nor differentiated; a stand-in that shares its tensors is used instead. A
    network that is given other tensors, as by ``load_state_dict(assign=True)``, needs a new function. All derivatives
    are taken in reverse mode, for which torch has more operations than for forward mode.

    Args:
        model: A network; the function uses its buffers.
        loss: Loss of logits and targets.
        chunk_size: Samples per pass, for each of K vectors.

    Attributes:
        layout: The position of each parameter in theta.

    Raises:
        UsageError: If a normalisation mixes samples even in evaluation mode.
    """

    def __init__(
        self, model: nn.Module, *, loss: Loss = cross_entropy, chunk_size: int = EVALUATION_BATCH_SIZE
    ) -> None:
        self.layout = FlatLayout.of(model)
        self.loss_function = loss
        self.chunk_size = chunk_size
        self.stand_in = _stand_in(model)

    def parameters(self) -> Float[Tensor, " D"]:
        """Return the network's own parameters as a new vector."""
        return self.layout.vector(dict(self.stand_in.named_parameters()))

    def linear_maps(self) -> dict[str, nn.Linear]:
        """Return the linear maps by module path whose weight is a parameter, and not computed from others."""
        modules = self.stand_in.named_modules()
        return {
            name: module
            for name, module in modules
            if isinstance(module, nn.Linear) and f"{name}.weight" in self.layout.shapes
        }

    def outputs(self, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."]) -> Float[Tensor, "n d"]:
        """Return the logits of one vector and one chunk."""
        return self.outputs_of(self.layout.named(theta), inputs)

    def outputs_of(
        self, parameters: Mapping[str, Float[Tensor, "..."]], inputs: Float[Tensor, "n ..."]
    ) -> Float[Tensor, "n d"]:
        """Return the logits of one chunk, ``(n, d)``, from parameters by name: everything else is derived from it."""
        some = next(iter(parameters.values()))
        buffers = {
            name: buffer.to(some.device, some.dtype if buffer.is_floating_point() else None)
            for name, buffer in self.stand_in.named_buffers()
        }
        with second_derivatives():
            logits: Tensor = functional_call(self.stand_in, {**parameters, **buffers}, (inputs,))
        return logits

    def losses_of_chunk(
        self, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."], targets: Targets
    ) -> Float[Tensor, " n"]:
        """Return the losses of one vector and one chunk."""
        return self.loss_function(self.outputs(theta, inputs), targets, "none")

    def logits(self, theta: Float[Tensor, "*K D"], inputs: Float[Tensor, "n ..."]) -> Float[Tensor, "*K n d"]:
        """Return logits."""
        of_chunk = for_each(self.outputs, theta, 1)
        return torch.cat([of_chunk(theta, *chunk) for chunk in self.chunks(inputs)], -2)

    def losses(
        self, theta: Float[Tensor, "*K D"], inputs: Float[Tensor, "n ..."], targets: Targets
    ) -> Float[Tensor, "*K n"]:
        """Return the loss of each sample."""
        of_chunk = for_each(self.losses_of_chunk, theta, 2)
        return torch.cat([of_chunk(theta, *chunk) for chunk in self.chunks(inputs, targets)], -1)

    def loss(
        self, theta: Float[Tensor, "*K D"], inputs: Float[Tensor, "n ..."], targets: Targets
    ) -> Float[Tensor, "*K"]:
        """Return the mean loss."""
        of_chunk = for_each(self.total, theta, 2)
        return torch.stack([of_chunk(theta, *chunk) for chunk in self.chunks(inputs, targets)]).sum(0) / len(inputs)

    def gradient(
        self, theta: Float[Tensor, "*K D"], inputs: Float[Tensor, "n ..."], targets: Targets
    ) -> Float[Tensor, "*K D"]:
        """Return the gradient of the mean loss."""
        return self.gradient_and_loss(theta, inputs, targets)[0]

    def gradient_and_loss(
        self,
        theta: Float[Tensor, "*K D"],
        inputs: Float[Tensor, "_ ..."],
        targets: ManyTargets,
        *,
        paired: bool = False,
    ) -> tuple[Float[Tensor, "*K D"], Float[Tensor, "*K"]]:
        """Return `gradient` and `loss` from the same pass.

        Args:
            theta: ``(D,)`` or ``(K, D)``.
            inputs: ``(n, ...)``; if ``paired``, ``(K, n, ...)``: separate samples for each vector.
            targets: As the loss takes them, with a leading dimension K if ``paired``.
            paired: Whether each vector has its own samples.
        """
        of_chunk = for_each(grad_and_value(self.total), theta, 2, paired=paired)
        found = (of_chunk(theta, *chunk) for chunk in self.chunks(inputs, targets, paired=paired))
        gradient, loss = next(found)
        for slope, value in found:
            gradient += slope
            loss = loss + value
        count = inputs.shape[int(paired)]
        return gradient.div_(count), loss / count

    def jacobian_by(
        self, names: list[str], theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."]
    ) -> Float[Tensor, "n d numel"]:
        """Return the derivative of each sample's logits with respect to some parameters, end to end.

        Args:
            names: Names of the parameters.
            theta: ``(D,)``.
            inputs: ``(n, ...)``, one chunk.
        """
        fixed = self.layout.named(theta)
        part = FlatLayout({name: self.layout.shapes[name] for name in names})

        def logits(vector: Tensor, sample: Tensor) -> Tensor:
            return self.outputs_of(fixed | part.named(vector), sample[None])[0]

        vector = torch.cat([fixed[name].flatten() for name in names])
        of_samples = mapped(jacrev(logits), (None, 0), alone=jacrev(logits, chunk_size=1))
        jacobian: Tensor = of_samples(vector, inputs)
        return jacobian

    def chunks(
        self, *tensors: Shaped[Tensor, "_ ..."], paired: bool = False
    ) -> Iterator[tuple[Shaped[Tensor, "_ ..."], ...]]:
        """Yield chunks of samples, cut from inputs and the data that go with them."""
        return zip(*(tensor.split(self.chunk_size, int(paired)) for tensor in tensors), strict=True)

    def total(self, theta: Float[Tensor, " D"], inputs: Float[Tensor, "n ..."], targets: Targets) -> Float[Tensor, ""]:
        """Return the summed loss of one vector and one chunk."""
        return self.loss_function(self.outputs(theta, inputs), targets, "sum")


def for_each(
    function: Callable[..., Any], theta: Float[Tensor, "*K D"], num_data: int, *, paired: bool = False
) -> Callable[..., Any]:
    """Return a function of one vector and data unchanged, or mapped over vectors if there are many.

    Args:
        function: Takes a vector and ``num_data`` tensors.
        theta: One vector or K of them.
        num_data: Tensors that go with the vector.
        paired: Whether the data have a leading dimension K too.
    """
    if theta.dim() == 1:
        return function
    return mapped(function, (0, *[0 if paired else None] * num_data))


def _stand_in(model: nn.Module) -> nn.Module:
    """Return the network with the same tensors, in evaluation mode, without what vmap does not support."""
    derived = [value for module in model.modules() for value in vars(module).values() if isinstance(value, Tensor)]
    tensors = [*model.parameters(), *model.buffers(), *derived]
    stand_in = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors}).eval()
    for module in list(stand_in.modules()):
        if isinstance(module, BatchNorm) and not module.track_running_stats:
            raise UsageError(
                f"{type(module).__name__} without running statistics mixes the images of a batch, so a single image "
                "has no logits of its own.",
                "Let it track running statistics, or use layer normalisation.",
            )
        for name, child in module.named_children():
            if isinstance(child, ChannelsLast):
                setattr(module, name, nn.Identity())
    return stand_in
