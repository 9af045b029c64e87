"""Solutions of small systems, in as many steps as there are distinct eigenvalues of M^-1 A."""

import pytest
import torch
from torch import Tensor

from geomgen.numerics.conjugate_gradients import conjugate_gradients

DIM = 30


def system() -> tuple[Tensor, Tensor]:
    source = torch.Generator().manual_seed(0)
    root, side = (torch.randn(*size, generator=source, dtype=torch.float64) for size in ((DIM, DIM), (DIM,)))
    return root @ root.T + torch.eye(DIM, dtype=torch.float64), side


def test_the_solution() -> None:
    matrix, side = system()
    found = conjugate_gradients(lambda v: matrix @ v, side, lambda v: v, tolerance=1e-12, max_steps=10 * DIM)
    torch.testing.assert_close(found, torch.linalg.solve(matrix, side), rtol=1e-8, atol=1e-10)


def test_one_step_per_eigenvalue_that_the_preconditioner_leaves() -> None:
    matrix, side = system()
    inverse = torch.linalg.inv(matrix)
    calls = list[int]()

    def product(vector: Tensor) -> Tensor:
        calls.append(1)
        return matrix @ vector + 3 * side * side.dot(vector)

    found = conjugate_gradients(product, side, lambda v: inverse @ v, tolerance=1e-9, max_steps=DIM)
    assert len(calls) <= 2
    torch.testing.assert_close(product(found), side, rtol=1e-7, atol=1e-9)


def test_nothing_to_solve_and_no_steps() -> None:
    matrix, side = system()
    for right, steps in ((torch.zeros_like(side), 5), (side, 0)):
        found = conjugate_gradients(lambda v: matrix @ v, right, lambda v: v, tolerance=1e-3, max_steps=steps)
        assert not found.any()


def test_too_few_steps_still_descend() -> None:
    matrix, side = system()
    found = conjugate_gradients(lambda v: matrix @ v, side, lambda v: v, tolerance=1e-12, max_steps=2)
    assert side.dot(found) > 0


@pytest.mark.parametrize("curvatures", [(-1.0, 2.0, 3.0), (-1.0, -2.0, -3.0), (5.0, 4.0, -0.1)])
def test_a_matrix_that_bends_down_still_gives_a_way_up(curvatures: tuple[float, ...]) -> None:
    matrix, side = torch.tensor(curvatures, dtype=torch.float64).diag(), torch.ones(3, dtype=torch.float64)
    found = conjugate_gradients(lambda v: matrix @ v, side, lambda v: v, tolerance=1e-9, max_steps=20)
    assert side.dot(found) > 0
    assert found.isfinite().all()
