"""The Jacobian's rank where it is known: linear maps, repeated samples, few parameters."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from geomgen.measures import jacobian as measure
from geomgen.measures.jacobian import factorised_singular_values, jacobian_row, singular_values
from geomgen.models.functional.network import NetworkFunction
from geomgen.tables.derivatives import JacobianRow
from tests.models.functional.networks import KINDS, jacobian_of, problem


def network(*widths: int) -> nn.Sequential:
    torch_source = torch.Generator().manual_seed(0)
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(widths):
        linear = nn.Linear(fan_in, fan_out, dtype=torch.float64)
        with torch.no_grad():
            for parameter in linear.parameters():
                parameter.normal_(generator=torch_source)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def inputs(count: int, dim: int) -> torch.Tensor:
    return torch.randn(count, dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def row(model: nn.Module, samples: torch.Tensor) -> JacobianRow:
    function = NetworkFunction(model)
    theta = function.parameters()
    outputs = model(samples[:1]).shape[1]
    return jacobian_row(singular_values(function, theta, samples), "final", len(samples), outputs, len(theta))


def test_a_network_with_more_parameters_than_equations_has_full_row_rank() -> None:
    found = row(network(5, 8, 8, 3), inputs(10, 5))
    assert (found.rank, found.outputs, found.num_parameters) == (30, 3, 147)
    assert found.manifold_dim == found.manifold_dim_theory == 117
    assert found.optimal_fraction == pytest.approx(117 / 147)


def test_equal_samples_ask_for_nothing_new() -> None:
    found = row(network(5, 8, 3), inputs(4, 5).repeat(2, 1))
    assert (found.rank, found.manifold_dim_theory) == (12, 75 - 24)
    assert found.smallest_singular_value < found.cut_off


def test_a_linear_map_of_more_samples_than_inputs_has_the_rank_of_its_parameters() -> None:
    found = row(network(4, 2), inputs(9, 4))
    assert (found.rank, found.manifold_dim, found.manifold_dim_theory) == (10, 0, 0)


@pytest.mark.parametrize("distance", [1e-8, 1e-12])
def test_samples_that_nearly_agree_are_told_apart_where_their_kernel_cannot(distance: float) -> None:
    samples = inputs(4, 5)
    samples[3] = samples[2] + distance * inputs(1, 5)[0]
    found = row(network(5, 8, 3), samples)
    assert found.rank == 12
    assert found.cut_off < found.smallest_singular_value < 10 * distance * found.largest_singular_value


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_numel", [2000, 2**20])
def test_singular_values_are_those_of_the_dense_jacobian(
    kind: str, block_numel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "BLOCK_NUMEL", block_numel)
    model, samples, _ = problem(kind)
    function = NetworkFunction(model, chunk_size=4)
    theta = function.parameters()
    exact = torch.linalg.svdvals(jacobian_of(function, theta, samples).flatten(0, 1))
    rounding = 1e-13 * float(exact[0])
    found = factorised_singular_values(function, theta, samples)
    torch.testing.assert_close(found, exact, rtol=0, atol=rounding)
    torch.testing.assert_close(singular_values(function, theta, samples), exact, rtol=1e-6, atol=rounding)
    assert torch.equal(found, factorised_singular_values(function, theta, samples))
