"""Log determinants against exact expectations (ground truths 1, 2 and 5) and dense linear algebra."""

import math

import numpy as np
import pytest
import torch
from scipy.special import digamma

from geomgen.measures.log_determinant import (
    ledoit_wolf,
    ledoit_wolf_shrinkage,
    log_determinant,
    participation_ratio,
    spectrum,
    total_correlation,
)


def _gaussian(n: int, p: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, p, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _wishart_mean(n: int, p: int) -> float:
    """E ln det(X^T X / n) for X iid N(0, 1); centring costs one degree of freedom."""
    return float(sum(digamma((n - i) / 2) + math.log(2 / n) for i in range(p)))


@pytest.mark.parametrize(("n", "p"), [(101, 30), (61, 5), (201, 150)])
def test_full_rule_has_the_expectation_of_a_wishart_matrix(n: int, p: int) -> None:
    degrees, repeats = n - 1, 400
    found = [
        log_determinant(spectrum(_gaussian(n, p, seed)), "full")[0] - p * math.log(degrees) for seed in range(repeats)
    ]
    variance = sum(float(2 / (degrees - i)) for i in range(p)) * 1.5
    z = (np.mean(found) - _wishart_mean(degrees, p)) / math.sqrt(variance / repeats)
    assert abs(z) < 5


def test_the_published_expectation_at_100_by_30() -> None:
    assert _wishart_mean(100, 30) == pytest.approx(-5.2107, abs=5e-5)


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
def test_mean_log_eigenvalue_follows_marchenko_and_pastur(ratio: float) -> None:
    n = 2000
    p = int(ratio * n)
    log_det, _ = log_determinant(spectrum(_gaussian(n, p)), "full")
    limit = -1 - (1 - ratio) / ratio * math.log(1 - ratio)
    # Fluctuations of the sum are of order sqrt(-2 ln(1 - c)), those of the mean 1/p of that; the bias is of order 1/n.
    assert log_det / p - math.log(n) == pytest.approx(limit, abs=(5 * math.sqrt(-2 * math.log(1 - ratio)) + 5) / p)


def test_relative_rule_is_the_published_protocol_written_out() -> None:
    scales = torch.logspace(2, -3, 60, dtype=torch.float64)
    data = _gaussian(500, 60) * scales + 7
    logs = np.log(np.linalg.svd(data.numpy() - data.numpy().mean(0), compute_uv=False) ** 2)
    kept = logs[logs > logs[:16].mean() - 8]
    log_det, num_kept = log_determinant(spectrum(data), "relative")
    assert num_kept == len(kept) < 60
    assert log_det == pytest.approx(kept.sum(), rel=1e-10)


def test_floor_rule_clips_what_is_below() -> None:
    data = torch.diag(torch.tensor([4.0, 2.0, 0.5, 0.0])).double()
    data = torch.cat([data, -data])
    log_det, num_kept = log_determinant(spectrum(data), "floor", floor=1.0)
    assert num_kept == 2
    assert log_det == pytest.approx(math.log(32) + math.log(8), rel=1e-12)
    assert log_determinant(spectrum(data), "floor", floor=0.25)[0] == pytest.approx(
        math.log(32 * 8 * 0.5 * 0.25), rel=1e-12
    )


def test_full_rule_says_when_there_is_no_log_determinant() -> None:
    assert log_determinant(spectrum(_gaussian(20, 30)), "full") == (-math.inf, 19)
    assert total_correlation(spectrum(_gaussian(20, 30)), "full") == math.inf


def test_ledoit_wolf_agrees_with_the_estimator_written_densely() -> None:
    data = (_gaussian(40, 25) @ _gaussian(25, 25, 1)).numpy()
    data -= data.mean(0)
    n, p = data.shape
    covariance = data.T @ data / n
    target = np.trace(covariance) / p * np.eye(p)
    noise = sum(((np.outer(row, row) - covariance) ** 2).sum() for row in data) / n**2
    shrinkage = min(noise, ((covariance - target) ** 2).sum()) / ((covariance - target) ** 2).sum()
    shrunk = (1 - shrinkage) * covariance + shrinkage * target
    found = spectrum(torch.from_numpy(data))
    assert ledoit_wolf_shrinkage(found) == pytest.approx(shrinkage, rel=1e-9)
    np.testing.assert_allclose(ledoit_wolf(found), np.linalg.eigvalsh(shrunk)[::-1], rtol=1e-9)
    assert log_determinant(found, "ledoit-wolf")[0] == pytest.approx(np.linalg.slogdet(n * shrunk)[1], rel=1e-9)
    expected = 0.5 * (np.log(np.diag(shrunk)).sum() - np.linalg.slogdet(shrunk)[1])
    assert total_correlation(found, "ledoit-wolf") == pytest.approx(expected, rel=1e-9)


def test_total_correlation_of_two_units_is_known_in_closed_form() -> None:
    x = _gaussian(1000, 2)
    correlated = torch.stack([x[:, 0], 0.6 * x[:, 0] + 0.8 * x[:, 1]], dim=1)
    rho = float(torch.corrcoef(correlated.T)[0, 1])
    assert total_correlation(spectrum(correlated), "full") == pytest.approx(-0.5 * math.log(1 - rho**2), rel=1e-9)


def test_participation_ratio_counts_equal_directions() -> None:
    data = torch.cat([torch.eye(6), -torch.eye(6)]).double()
    assert participation_ratio(spectrum(data)) == pytest.approx(6.0, rel=1e-12)
    assert participation_ratio(spectrum(data * torch.tensor([1, 0, 0, 0, 0, 0]))) == pytest.approx(1.0, rel=1e-12)


def test_float32_activations_are_summed_in_float64() -> None:
    data = _gaussian(5000, 20) + 1000
    exact = log_determinant(spectrum(data.float().double()), "full")[0]
    assert log_determinant(spectrum(data.float()), "full")[0] == pytest.approx(exact, rel=1e-9)


def test_activations_are_left_as_they_are() -> None:
    data = _gaussian(50, 4) + 5
    before = data.clone()
    spectrum(data)
    assert torch.equal(data, before)
