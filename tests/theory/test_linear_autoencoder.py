"""The table of a linear autoencoder's critical points: published entries, and Hessians at points that are made up."""

import pytest
import torch
from torch import Tensor

from geomgen.theory.linear_autoencoder import critical_points

VARIANCES, HIDDEN = (4.0, 3.0, 2.0, 1.0), 2


@pytest.mark.parametrize(
    ("kept", "loss", "index"),
    [((0, 1), 3.0, 0), ((0, 2), 4.0, 1), ((2, 3), 7.0, 4), ((0,), 6.0, 3), ((), 10.0, 8)],
)
def test_published_entries(kept: tuple[int, ...], loss: float, index: int) -> None:
    assert (kept, loss, index) in critical_points(VARIANCES, HIDDEN)


@pytest.mark.parametrize(("variances", "hidden"), [(VARIANCES, 2), ((5.0, 2.5, 1.0), 1), ((2.0, 1.0), 3)])
def test_each_is_critical_with_as_many_negative_eigenvalues(variances: tuple[float, ...], hidden: int) -> None:
    size = len(variances)

    def loss(theta: Tensor) -> Tensor:
        decoder, encoder = theta[: size * hidden].view(size, hidden), theta[size * hidden :].view(hidden, size)
        left = torch.eye(size, dtype=torch.float64) - decoder @ encoder
        return (left.square() * torch.tensor(variances, dtype=torch.float64)).sum()

    for point in critical_points(variances, hidden):
        decoder = torch.zeros(size, hidden, dtype=torch.float64)
        for unit, axis in enumerate(point.kept):
            decoder[axis, unit] = 1
        theta = torch.cat([decoder.flatten(), decoder.T.flatten()]).requires_grad_()
        value = loss(theta)
        assert float(value.detach()) == pytest.approx(point.loss)
        assert float(torch.autograd.grad(value, theta)[0].norm()) < 1e-12
        eigenvalues = torch.linalg.eigvalsh(torch.autograd.functional.hessian(loss, theta.detach()))
        assert int((eigenvalues < -1e-9).sum()) == point.num_negative
