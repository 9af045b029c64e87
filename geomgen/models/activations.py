"""The activations of hidden layers, by the names that options give them."""

from collections.abc import Callable, Mapping

from jaxtyping import Float
from torch import Tensor, nn


class Square(nn.Module):
    """x^2, applied to each unit."""

    def forward(self, inputs: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Return the squares."""
        return inputs.square()


ACTIVATIONS: Mapping[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "gelu": nn.GELU,
    "square": Square,
    "identity": nn.Identity,
}
