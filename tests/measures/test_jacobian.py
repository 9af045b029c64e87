"""The Jacobian's rank where it is known: linear maps, repeated samples, few parameters."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from geomgen.measures import jacobian as measure
from geomgen.measures.jacobian import jacobian, jacobian_row, tangent_kernel


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


def row(model: nn.Module, samples: torch.Tensor) -> measure.JacobianRow:
    num_parameters = sum(parameter.numel() for parameter in model.parameters())
    return jacobian_row(tangent_kernel(model, samples, lambda *_: None), "final", len(samples), num_parameters)


def test_the_jacobian_of_a_linear_map_is_its_inputs() -> None:
    samples = inputs(3, 4)
    found = jacobian(network(4, 2), samples)
    weight = torch.kron(samples, torch.eye(2, dtype=torch.float64)).reshape(6, 4, 2).transpose(1, 2).flatten(1)
    torch.testing.assert_close(found, torch.cat([weight, torch.eye(2, dtype=torch.float64).repeat(3, 1)], dim=1))


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


def test_blocks_make_the_same_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    model, samples = network(5, 8, 3), inputs(7, 5)
    whole = tangent_kernel(model, samples, lambda *_: None)
    monkeypatch.setattr(measure, "block_size", lambda *_: 3)
    seen: list[tuple[int, int]] = []
    torch.testing.assert_close(tangent_kernel(model, samples, lambda *done: seen.append(done)).tril(), whole.tril())
    assert seen == [(done, 6) for done in range(1, 7)]
    derivative = jacobian(model, samples)
    torch.testing.assert_close(whole, derivative @ derivative.T)
