"""Networks with kinks are told from smooth ones, by their modules and by how their gradients change."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.smoothness import is_smooth, kinks
from tests.models.functional.networks import KINDS, problem

HAVE_KINKS = {"mlp": ["ReLU"], "layer norm": ["ReLU"], "batch norm": ["ReLU"], "lenet5": ["MaxPool2d", "ReLU"]}
FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], bool]] = {
    "tanh": (torch.tanh, True),
    "softplus": (nn.functional.softplus, True),
    "square": (torch.square, True),
    "identity": (lambda hidden: hidden, True),
    "relu": (nn.functional.relu, False),
    "abs": (torch.abs, False),
    "hardtanh": (lambda hidden: hidden.clamp(-0.3, 0.3), False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_kinks_are_named(kind: str) -> None:
    assert kinks(problem(kind).model) == HAVE_KINKS.get(kind, [])


@pytest.mark.parametrize("kind", ["transformer", "custom"])
def test_smooth_networks(kind: str) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    assert is_smooth(network, network.parameters(), inputs, labels)


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
@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_functions_in_a_users_code(name: str, scale: float) -> None:
    function, smooth = FUNCTIONS[name]
    source = torch.Generator().manual_seed(0)
    network = NetworkFunction(_Net(function).double(), loss=squared_error)
    theta = scale * torch.randn(network.layout.size, generator=source, dtype=torch.float64)
    inputs = torch.randn(50, 5, generator=source, dtype=torch.float64)
    labels = torch.arange(50) % 3
    assert is_smooth(network, theta, inputs, labels) == smooth


def test_parameters_that_are_all_0_are_no_reason_to_refuse() -> None:
    network = NetworkFunction(_Net(torch.tanh).double())
    theta = torch.zeros(network.layout.size, dtype=torch.float64)
    assert is_smooth(network, theta, torch.ones(4, 5, dtype=torch.float64), torch.zeros(4, dtype=torch.int64))
