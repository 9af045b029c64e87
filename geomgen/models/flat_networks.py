"""Many networks of one shape, each a vector of parameters: their outputs and gradients, all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import torch
from jaxtyping import Float
from torch import Tensor

from geomgen.models.activations import ACTIVATIONS, SLOPES


@dataclass(frozen=True)
class FlatNetworks:
    """Multi-layer perceptrons of one shape, whose parameters are the rows of a matrix.

    A row holds, layer by layer, the weights ``(out, in)`` and then the biases.

    Attributes:
        layers: Numbers of units from the inputs to the one output.
        bias: Whether the linear maps have biases.
        activation: Name of the activation after each hidden layer.
    """

    layers: tuple[int, ...]
    bias: bool
    activation: str

    def outputs(
        self, flat: Float[Tensor, "networks parameters"], inputs: Float[Tensor, "*networks n inputs"]
    ) -> Float[Tensor, "networks inputs"]:
        """Return the output of each network at each input.

        Args:
            flat: Parameters.
            inputs: As columns; those of each network, or the same for all.
        """
        *_, (_, sums) = self._forward(flat, inputs)
        return sums.squeeze(1)

    def last_units(
        self, flat: Float[Tensor, "networks parameters"], inputs: Float[Tensor, "n inputs"]
    ) -> Float[Tensor, "networks units inputs"]:
        """Return what the last linear map of each network is applied to.

        Args:
            flat: Parameters.
            inputs: As columns; the same for all networks.
        """
        *_, (units, _) = self._forward(flat, inputs)
        return units.expand(len(flat), -1, -1)

    def gradients(
        self,
        flat: Float[Tensor, "networks parameters"],
        inputs: Float[Tensor, "networks n inputs"],
        targets: Float[Tensor, "networks inputs"],
        loss: str,
    ) -> Float[Tensor, "networks parameters"]:
        """Return the gradient of each network's mean loss.

        Args:
            flat: Parameters.
            inputs: Those of each network, as columns.
            targets: Each 1 or -1.
            loss: As of `output_slopes`.
        """
        passed = list(self._forward(flat, inputs))
        outputs = passed[-1][1].squeeze(1)
        found = list[Tensor]()
        for units, delta in self._backward(flat, passed, output_slopes(outputs, targets, loss) / targets.shape[1]):
            found = [(delta @ units.mT).flatten(1), *([delta.sum(2)] * self.bias), *found]
        return torch.cat(found, 1)

    def jacobian(
        self, flat: Float[Tensor, "networks parameters"], inputs: Float[Tensor, "n inputs"]
    ) -> tuple[Float[Tensor, "networks inputs"], Float[Tensor, "networks inputs parameters"]]:
        """Return the output of each network at each input, and its derivatives with respect to the parameters.

        Args:
            flat: Parameters.
            inputs: As columns; the same for all networks.
        """
        passed = list(self._forward(flat, inputs))
        outputs = passed[-1][1].squeeze(1)
        found = list[Tensor]()
        for units, delta in self._backward(flat, passed, torch.ones_like(outputs)):
            slopes = delta.mT
            of_weights = (slopes.unsqueeze(3) * units.mT.unsqueeze(-2)).flatten(2)
            found = [of_weights, *([slopes] * self.bias), *found]
        return outputs, torch.cat(found, 2)

    def squared_gradients(
        self, flat: Float[Tensor, "networks parameters"], inputs: Float[Tensor, "n inputs"]
    ) -> Float[Tensor, "networks inputs"]:
        """Return |df(x)/dp|^2 of the output f of each network at each input x, summed over its parameters p.

        Args:
            flat: Parameters.
            inputs: As columns; the same for all networks.
        """
        passed = list(self._forward(flat, inputs))
        outputs = passed[-1][1].squeeze(1)
        found = torch.zeros_like(outputs)
        for units, delta in self._backward(flat, passed, torch.ones_like(outputs)):
            found += delta.square().sum(1) * (units.square().sum(-2) + self.bias)
        return found

    def _forward(
        self, flat: Float[Tensor, "networks parameters"], inputs: Float[Tensor, "*networks n inputs"]
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what goes into each linear map, and its pre-activations."""
        activation, units = ACTIVATIONS[self.activation](), inputs
        for weights, biases in self._maps(flat):
            sums = weights @ units if biases is None else weights @ units + biases.unsqueeze(2)
            yield units, sums
            units = activation(sums)

    def _backward(
        self,
        flat: Float[Tensor, "networks parameters"],
        passed: Sequence[tuple[Tensor, Tensor]],
        slopes: Float[Tensor, "networks inputs"],
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield what went into each linear map and the slopes at its pre-activations, from those at the outputs on."""
        maps, delta = list(self._maps(flat)), slopes.unsqueeze(1)
        for index in range(len(maps) - 1, -1, -1):
            yield passed[index][0], delta
            if index:
                delta = (maps[index][0].mT @ delta).mul_(SLOPES[self.activation](passed[index - 1][1]))

    @property
    def layer_parts(self) -> list[slice]:
        """Where the parameters of each layer are in a row."""
        sizes = [(fan_in + self.bias) * fan_out for fan_in, fan_out in pairwise(self.layers)]
        return [slice(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]

    def _maps(self, flat: Float[Tensor, "networks parameters"]) -> Iterator[tuple[Tensor, Tensor | None]]:
        for part, (fan_in, fan_out) in zip(self.layer_parts, pairwise(self.layers), strict=True):
            end = part.start + fan_out * fan_in
            weights = flat[:, part.start : end].unflatten(1, (fan_out, fan_in))
            yield weights, flat[:, end : part.stop] if self.bias else None


def output_slopes(
    outputs: Float[Tensor, "networks inputs"], targets: Float[Tensor, "networks inputs"], loss: str
) -> Float[Tensor, "networks inputs"]:
    """Return the derivative of each loss with respect to its output.

    With the output f and the target y = 1 or -1, the loss is ln(1 + exp(-y f)) or (f - y)^2.

    Args:
        outputs: f.
        targets: y.
        loss: ``cross-entropy`` or ``mse``.
    """
    return 2 * (outputs - targets) if loss == "mse" else -targets * torch.sigmoid(-targets * outputs)


def output_curvatures(outputs: Float[Tensor, "networks inputs"], loss: str) -> Float[Tensor, "networks inputs"]:
    """Return the second derivative of each loss with respect to its output; it is the same for either target.

    Args:
        outputs: f.
        loss: As of `output_slopes`.
    """
    if loss == "mse":
        return torch.full_like(outputs, 2.0)
    chance = torch.sigmoid(outputs)
    return chance * (1 - chance)
