"""The tangent kernel against the dense Jacobian, and what is said of a kernel against kernels that are known."""

import pytest
import torch

from geomgen.measures import tangent_kernel as measure
from geomgen.measures.tangent_kernel import (
    condition_number,
    effective_rank,
    eigenvalues,
    label_alignment,
    tangent_kernel,
    tangent_kernel_row,
)
from geomgen.models.functional.network import NetworkFunction
from tests.models.functional.networks import KINDS, NUM_CLASSES, NUM_SAMPLES, jacobian_of, problem


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("block_numel", [2000, 2**20])
def test_is_that_of_the_dense_jacobian(kind: str, block_numel: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "BLOCK_NUMEL", block_numel)
    model, inputs, _ = problem(kind)
    network = NetworkFunction(model, chunk_size=3)
    theta = network.parameters()
    dense = jacobian_of(network, theta, inputs).flatten(0, 1)
    exact = dense @ dense.T
    found = tangent_kernel(network, theta, inputs)
    assert float((found - exact).norm()) <= 1e-10 * float(exact.norm())
    assert tangent_kernel(network, theta.float(), inputs.float()).dtype == torch.float64


def test_a_multiple_of_the_identity_has_every_rank_and_condition_1() -> None:
    kernel = 3 * torch.eye(12, dtype=torch.float64)
    assert effective_rank(kernel) == pytest.approx(12)
    assert condition_number(eigenvalues(kernel)) == pytest.approx(1)


def test_a_kernel_of_the_labels_alone_is_aligned_with_them() -> None:
    labels = torch.tensor([0, 1, 2, 0])
    wanted = torch.nn.functional.one_hot(labels, 3).double()
    vector = (wanted - wanted.mean(0)).flatten()
    kernel = vector.outer(vector)
    assert label_alignment(kernel, labels) == pytest.approx(1)
    assert effective_rank(kernel) == pytest.approx(1)
    assert condition_number(eigenvalues(kernel)) is None
    identity = torch.eye(12, dtype=torch.float64)
    assert label_alignment(identity, labels) == pytest.approx(12**-0.5)


def test_a_row_says_all_of_it() -> None:
    model, inputs, labels = problem("mlp")
    network = NetworkFunction(model)
    kernel = tangent_kernel(network, network.parameters(), inputs)
    row = tangent_kernel_row(kernel, eigenvalues(kernel), labels, "final", network.layout.size)
    assert (row.num_samples, row.outputs) == (NUM_SAMPLES, NUM_CLASSES)
    spectrum = torch.linalg.svdvals(kernel)
    assert row.trace_per_sample == pytest.approx(float(spectrum.sum()) / NUM_SAMPLES)
    assert row.largest_eigenvalue == pytest.approx(float(spectrum[0]))
    assert row.smallest_eigenvalue == pytest.approx(float(spectrum[-1]))
    assert row.condition_number == pytest.approx(float(spectrum[0] / spectrum[-1]))
    assert row.effective_rank == pytest.approx(float(spectrum.sum() ** 2 / spectrum.square().sum()))
    assert 0 < row.label_alignment <= 1
