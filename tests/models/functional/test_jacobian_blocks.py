"""Factors and blocks of the Jacobian against the whole."""

import pytest
import torch
from torch import Tensor, nn

from geomgen.models.functional.jacobian_blocks import column_blocks, map_jacobians
from geomgen.models.functional.network import NetworkFunction
from tests.models.functional.networks import KINDS, problem

IN_FACTORS = {
    "mlp": ["hidden1", "hidden2", "output"],
    "layer norm": ["hidden1", "hidden2", "output"],
    "batch norm": ["hidden1", "hidden2", "output"],
    "lenet5": ["hidden1", "hidden2", "output"],
    "transformer": ["output"],
    "custom": ["own.module.enter", "own.module.leave"],
    "weight norm": ["own.module.5"],
    "recurrent": ["own.module.leave"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_factors_give_the_jacobian_by_each_map_that_is_passed_once(kind: str) -> None:
    model, inputs, _ = problem(kind)
    network = NetworkFunction(model, chunk_size=3)
    theta = network.parameters()
    found = map_jacobians(network, theta, inputs)
    paths = [part.names[0].removesuffix(".weight").removesuffix(".linear") for part in found]
    assert paths == IN_FACTORS[kind]
    for part in found:
        product = torch.einsum("noi,nj->noij", part.deltas, part.inputs)
        exact = network.jacobian_by(list(part.names), theta, inputs)
        weight = product if len(part.names) == 1 else product[..., :-1]
        bias = product[..., :0] if len(part.names) == 1 else product[..., -1:]
        torch.testing.assert_close(torch.cat([weight.flatten(2), bias.flatten(2)], 2), exact)


class Tied(nn.Module):
    """A map whose weight is used a second time behind its back."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.output = nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits."""
        logits: Tensor = self.output(self.linear(inputs).tanh() @ self.linear.weight)
        return logits


def test_a_map_whose_weight_is_used_elsewhere_is_left_out() -> None:
    network = NetworkFunction(Tied().double())
    (found,) = map_jacobians(network, network.parameters(), torch.randn(5, 4, dtype=torch.float64))
    assert found.names == ("output.weight", "output.bias")


def test_a_map_whose_output_is_overwritten_is_left_out() -> None:
    network = NetworkFunction(nn.Sequential(nn.Linear(4, 6), nn.ReLU(inplace=True), nn.Linear(6, 2)).double())
    found = map_jacobians(network, network.parameters(), torch.randn(5, 4, dtype=torch.float64))
    assert [part.names for part in found] == [("2.weight", "2.bias")]


@pytest.mark.parametrize("max_numel", [1, 100, 2000, 10**6])
def test_blocks_of_columns_are_no_larger_than_they_may_be_and_make_up_the_jacobian(max_numel: int) -> None:
    model, inputs, _ = problem("custom")
    network = NetworkFunction(model)
    theta = network.parameters()
    names = [name for name in network.layout.shapes if "enter" not in name]
    blocks = list(column_blocks(network, theta, inputs, names, max_numel))
    exact = network.jacobian_by(names, theta, inputs).flatten(0, 1)
    torch.testing.assert_close(torch.cat(blocks, 1), exact)
    assert all(block.numel() <= max(max_numel, len(exact)) for block in blocks)
