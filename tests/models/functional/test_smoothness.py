"""Networks with kinks are told from smooth ones, by their modules and by the operations of their code."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.smoothness import kinked_operations, kinks
from tests.models.functional.networks import KINDS, problem

HAVE_KINKS = {"mlp": ["ReLU"], "layer norm": ["ReLU"], "batch norm": ["ReLU"], "lenet5": ["MaxPool2d", "ReLU"]}
FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], list[str]]] = {
    "tanh": (torch.tanh, []),
    "softplus": (nn.functional.softplus, []),
    "square": (torch.square, []),
    "identity": (lambda hidden: hidden, []),
    "gelu": (nn.functional.gelu, []),
    "softmax": (lambda hidden: hidden.softmax(1), []),
    "less its detached largest": (lambda hidden: hidden - hidden.detach().amax(), []),
    "relu": (nn.functional.relu, ["relu"]),
    "relu in place": (lambda hidden: hidden.clone().relu_(), ["relu"]),
    "leaky relu": (lambda hidden: nn.functional.leaky_relu(hidden, 0.2), ["leaky_relu"]),
    "selu": (nn.functional.selu, ["elu"]),
    "prelu": (lambda hidden: nn.functional.prelu(hidden, torch.full((1,), 0.1).double()), ["_prelu_kernel"]),
    "abs": (torch.abs, ["abs"]),
    "softsign": (nn.Softsign(), ["abs"]),
    "hardtanh": (lambda hidden: hidden.clamp(-0.3, 0.3), ["clamp"]),
    "a bound that no value reaches": (lambda hidden: hidden.clamp(max=1e6), ["clamp"]),
    "larger of two": (lambda hidden: torch.maximum(hidden, -hidden), ["maximum"]),
    "max pooling": (lambda hidden: nn.functional.max_pool1d(hidden, 3, 1, 1), ["max_pool2d_with_indices"]),
    "choice": (lambda hidden: torch.where(hidden > 0, hidden, 0.1 * hidden), ["gt"]),
    "mask": (lambda hidden: hidden * (hidden >= 0), ["ge"]),
    "order": (lambda hidden: hidden.sort(1).values, ["sort"]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinks_are_named(kind: str) -> None:
    assert kinks(problem(kind).model) == HAVE_KINKS.get(kind, [])


@pytest.mark.parametrize("kind", ["transformer", "custom"])
def test_smooth_networks(kind: str) -> None:
    model, inputs, _ = problem(kind)
    network = NetworkFunction(model)
    assert kinked_operations(network, network.parameters(), inputs) == []


class _Net(nn.Module):
    """Two layers with a function between them that only its code knows."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(5, 6), nn.Linear(6, 3)
        self.function = function

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.second(self.function(self.first(inputs)))
        return logits


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e30])
def test_functions_in_a_users_code(name: str, scale: float) -> None:
    function, expected = FUNCTIONS[name]
    source = torch.Generator().manual_seed(0)
    network = NetworkFunction(_Net(function).double())
    theta = scale * torch.randn(network.layout.size, generator=source, dtype=torch.float64)
    assert kinked_operations(network, theta, torch.ones(4, 5, dtype=torch.float64)) == expected


def test_what_depends_on_the_inputs_alone_is_no_kink() -> None:
    network = NetworkFunction(nn.Sequential(_Bounded(), nn.Linear(5, 3)).double())
    assert kinked_operations(network, network.parameters(), torch.ones(4, 5, dtype=torch.float64)) == []


class _Bounded(nn.Module):
    """Inputs between 0 and 1."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return them."""
        return inputs.clamp(0, 1)
