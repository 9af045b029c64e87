"""Diagonals against those of dense matrices, for every architecture; where the Hessian's is the Gauss-Newton one."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from geomgen.models.functional import diagonal as module
from geomgen.models.functional.diagonal import diagonal, fisher_roots, gauss_newton_roots, is_piecewise_linear
from geomgen.models.functional.jacobian_blocks import column_blocks
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import empirical_fisher, gauss_newton, hessian
from tests.models.functional.networks import KINDS, problem


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("loss", [cross_entropy, squared_error])
@pytest.mark.parametrize("block_numel", [500, 2**20])
def test_they_are_those_of_dense_matrices(
    kind: str, loss: Loss, block_numel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK_NUMEL", block_numel)
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model, loss=loss, chunk_size=3)
    theta = network.parameters()
    units = torch.eye(len(theta), dtype=torch.float64)
    for curvature, roots in ((gauss_newton, gauss_newton_roots), (empirical_fisher, fisher_roots)):
        expected = curvature(network, theta, inputs, labels)(units).diagonal()
        found = diagonal(network, theta, inputs, labels, roots)
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_hessian_s_exactly_where_logits_are_piecewise_linear_in_each_parameter(kind: str) -> None:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    theta = network.parameters()
    expected = hessian(network, theta, inputs, labels)(torch.eye(len(theta), dtype=torch.float64)).diagonal()
    found = diagonal(network, theta, inputs, labels, gauss_newton_roots)
    assert is_piecewise_linear(network) == (kind in {"mlp", "batch norm", "lenet5"})
    assert torch.allclose(found, expected, rtol=1e-9, atol=1e-12) == is_piecewise_linear(network)


def test_no_more_than_a_block_of_the_jacobian_is_formed_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK_NUMEL", 100)
    sizes: list[int] = []

    def seen(*arguments: Any) -> Iterator[Tensor]:
        for block in column_blocks(*arguments):
            sizes.append(block.numel())
            yield block

    monkeypatch.setattr(module, "column_blocks", seen)
    model, inputs, labels = problem("lenet5")
    network = NetworkFunction(model, chunk_size=2)
    diagonal(network, network.parameters(), inputs, labels, gauss_newton_roots)
    assert sum(sizes) == 1092  # 52 parameters of convolutions, 3 logits, 7 images
    assert max(sizes) <= 100
