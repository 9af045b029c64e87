"""Expected similarities of Gaussian vectors against draws of them."""

import math

import pytest
import torch

from geomgen.measures.similarity import COMPARE, similarities
from geomgen.theory.similarity import gaussian_cosine, gaussian_distance, gaussian_similarity


@pytest.mark.parametrize("shift", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("uneven", [False, True])
def test_draws_have_the_expected_similarities(shift: float, uneven: bool) -> None:
    width, n = 300, 1500
    source = torch.Generator().manual_seed(2)
    mean = shift * torch.randn(width, generator=source)
    std = torch.linspace(0.2, 2, width) if uneven else torch.ones(width)
    found = similarities(torch.randn(n, width, generator=source) * std + mean, list(COMPARE), bins=2)
    effective = float(std.square().sum() ** 2 / std.pow(4).sum())
    for one in found:
        expected = gaussian_similarity(one.metric, mean.double(), std.double().square())
        assert expected is not None
        # What the expansions leave out is a term 1/p smaller again than what they add, 1/p. Rows minus their own mean
        # add up to 0, so that pairs have -1/(n - 1) on average.
        of_centring = -1 / (n - 1) if one.metric == "centred-cosine" else 0.0
        error = one.mean_stderr or 1 / (n - 1)
        assert abs(one.mean - expected.mean - of_centring) < 5 * error + 3 / effective**2
        assert one.std == pytest.approx(expected.std, rel=5 / math.sqrt(n) + 3 / effective)


@pytest.mark.parametrize("width", [1, 2, 7, 512])
def test_equal_variances_are_exact(width: int) -> None:
    ones = torch.ones(width, dtype=torch.float64)
    assert gaussian_cosine(0 * ones, ones).mean == 0
    assert gaussian_cosine(0 * ones, ones).std == pytest.approx(1 / math.sqrt(width))
    expected = gaussian_distance(2 * ones)
    assert expected.mean**2 + expected.std**2 == pytest.approx(1)
    exact = {1: math.sqrt(2 / math.pi), 2: math.sqrt(math.pi) / 2}
    assert expected.mean == pytest.approx(exact.get(width, 1 - 1 / (4 * width)), abs=1 / width**2)


def test_units_that_do_not_vary_have_no_theory() -> None:
    assert gaussian_similarity("cosine", torch.ones(3).double(), torch.zeros(3).double()) is None
