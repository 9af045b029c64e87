"""Bounds of a distribution contain it, narrow with more steps, and cannot be improved on."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from geomgen.numerics.lanczos import lanczos
from geomgen.numerics.quadrature import share_below
from tests.numerics.spectra import OUTLIERS, product_with, rotated, starts

LIMITS = (-2.0, -0.05, -1e-4, 0.0, 1e-6, 1e-3, 0.02, 0.5, 1.1, 5.0, 20.0)


def _values() -> Tensor:
    return torch.cat([0.1 * torch.linspace(-1, 1, 191, dtype=torch.float64) ** 5, OUTLIERS])


def _exact(start: Tensor, limit: float) -> tuple[float, float]:
    """Return the shares of a start vector below a limit, and at it or below."""
    values, vectors = torch.linalg.eigh(rotated(_values()))
    shares = (vectors.T @ start).square() / start.dot(start)
    return float(shares[values < limit].sum()), float(shares[values <= limit].sum())


@pytest.mark.parametrize("limit", LIMITS)
def test_the_share_is_between_its_bounds_which_narrow_with_more_steps(limit: float) -> None:
    (start,) = starts(1, len(_values()))
    below, up_to = _exact(start, limit)
    widths = []
    for num_steps in (1, 4, 16, 64):
        (found,) = lanczos(product_with(_values()), start[None], num_steps)
        low, high = share_below(found, limit)
        assert low <= below + 1e-10
        assert high >= up_to - 1e-10
        widths.append(high - low)
    assert all(later <= earlier + 1e-10 for earlier, later in pairwise(widths))


@pytest.mark.parametrize("limit", [1.5, 2.5])
def test_a_space_that_ended_has_exact_shares(limit: float) -> None:
    values = torch.tensor([1, 2, 3]).double().repeat(20)
    (start,) = starts(1, 60)
    (found,) = lanczos(product_with(values), start[None], 30)
    vectors = torch.linalg.eigh(rotated(values)).eigenvectors  # columns come in the order of the eigenvalues
    shares = (vectors.T @ start).square().view(3, 20).sum(1) / 60
    below = float(shares[torch.arange(1, 4) < limit].sum())
    assert share_below(found, limit) == pytest.approx((below, below), abs=1e-9)


def test_both_bounds_are_reached_by_distributions_of_the_same_moments() -> None:
    """Of mean 0 and variance 1, the share below 1 is between those of two atoms at 1 and -1, and of one moved."""
    (found,) = lanczos(lambda block: block * torch.tensor([1.0, -1.0]).double(), torch.ones(1, 2).double(), 1)
    assert found.last == pytest.approx(1)
    # With x = 1: atoms at 1 and -1 of 1/2 each. Cantelli's inequality: the share above 1 is at most 1/2.
    assert share_below(found, 1.0) == pytest.approx((0.5, 1.0))
    # With x = 2: 4/5 at -1/2 and 1/5 at 2.
    assert share_below(found, 2.0) == pytest.approx((0.8, 1.0))


def test_a_limit_at_a_ritz_value_is_no_exception() -> None:
    (found,) = lanczos(lambda block: block * torch.tensor([3.0, 1.0, 0.0]).double(), torch.ones(1, 3).double(), 1)
    low, high = share_below(found, float(found.diagonal[0]))
    assert low <= 2 / 3 <= high
    assert torch.isfinite(torch.tensor([low, high])).all()
