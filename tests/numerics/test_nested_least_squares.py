"""Fits of nested sets of features, against each set solved on its own."""

import math

import pytest
import torch

from geomgen.numerics.nested_least_squares import Orthogonal, regularised


def normal(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


FEATURES, TARGETS = normal(12, 12), normal(12, 2)


@pytest.mark.parametrize("count", [1, 7, 12])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_one_factorisation_fits_every_set(count: int, penalty: float) -> None:
    found = Orthogonal.of(FEATURES, TARGETS).weights(count, penalty)
    features = FEATURES[:, :count]
    matrix = features.T @ features + penalty * torch.eye(count, dtype=torch.float64)
    smoother = features @ torch.linalg.inv(matrix) @ features.T
    torch.testing.assert_close(found.values, torch.linalg.solve(matrix, features.T @ TARGETS), rtol=1e-8, atol=1e-8)
    assert found.degrees_of_freedom == pytest.approx(float(smoother.trace()), rel=1e-9)
    assert (found.rank, found.method) == (count, "cholesky" if penalty else "qr")


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_the_condition_is_estimated_from_below_in_the_1_norm(penalty: float) -> None:
    gram = FEATURES.T @ FEATURES + penalty * torch.eye(12, dtype=torch.float64)
    exact = float(torch.linalg.cond(torch.linalg.cholesky(gram) if penalty else torch.linalg.qr(FEATURES)[1], 1))
    found = Orthogonal.of(FEATURES, TARGETS).weights(12, penalty).condition
    assert exact / 3 < found < exact * (1 + 1e-6)


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_only_the_lower_triangle_is_read_and_the_matrix_comes_back(penalty: float) -> None:
    matrix = FEATURES @ FEATURES.T
    spoilt = matrix.tril() + torch.full_like(matrix, math.nan).triu(1)
    before = spoilt.clone()
    found = regularised(spoilt, TARGETS, penalty)
    exact = torch.linalg.inv(matrix + penalty * torch.eye(12, dtype=torch.float64))
    torch.testing.assert_close(found.values, exact @ TARGETS, rtol=1e-7, atol=1e-7)
    assert found.degrees_of_freedom == pytest.approx(12 - penalty * float(exact.trace()), rel=1e-9)
    torch.testing.assert_close(spoilt, before, rtol=0, atol=0, equal_nan=True)


def test_directions_that_repeat_are_cut_off_and_said_to_be() -> None:
    features = torch.cat([FEATURES[:, :4], FEATURES[:, :4].sum(1, keepdim=True)], dim=1)
    found = Orthogonal.of(features, TARGETS).weights(5)
    torch.testing.assert_close(found.values, torch.linalg.pinv(features) @ TARGETS, rtol=1e-9, atol=1e-9)
    assert (found.rank, found.condition, found.method) == (4, math.inf, "spectral")


def test_a_singular_kernel_is_solved_where_it_is_not() -> None:
    matrix = FEATURES[:, :5] @ FEATURES[:, :5].T
    found = regularised(matrix, matrix @ TARGETS)
    torch.testing.assert_close(matrix @ found.values, matrix @ TARGETS, rtol=1e-9, atol=1e-9)
    assert (found.rank, found.degrees_of_freedom, found.method) == (5, 5.0, "spectral")
