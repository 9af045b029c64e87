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


def _plain_gram(rows: list[list[float]]) -> list[list[float]]:
    """Return A^T A of centred rows, entry by entry."""
    means = [math.fsum(column) / len(rows) for column in zip(*rows, strict=True)]
    centred = [[value - mean for value, mean in zip(row, means, strict=True)] for row in rows]
    columns = list(zip(*centred, strict=True))
    return [[math.fsum(a * b for a, b in zip(left, right, strict=True)) for right in columns] for left in columns]


def _plain_log_det(matrix: list[list[float]]) -> float:
    """Return ln det of a positive definite matrix by elimination."""
    left, total = [row[:] for row in matrix], 0.0
    for pivot in range(len(left)):
        total += math.log(left[pivot][pivot])
        for row in left[pivot + 1 :]:
            factor = row[pivot] / left[pivot][pivot]
            for column in range(pivot, len(left)):
                row[column] -= factor * left[pivot][column]
    return total


@pytest.mark.parametrize("units", [4, 64])
def test_activations_of_three_pixels_have_three_dimensions_and_no_rounding_noise(units: int) -> None:
    """The squared singular values above 0 of X W^T are the eigenvalues of (X^T X) (W^T W), 3 x 3."""
    source = torch.Generator().manual_seed(units)
    pixels = torch.rand(300, 3, generator=source)
    weights, bias = torch.randn(units, 3, generator=source), torch.randn(units, generator=source)
    found = spectrum(pixels @ weights.T + bias)
    inner = [[math.fsum(row[i] * row[j] for row in weights.double().tolist()) for j in range(3)] for i in range(3)]
    exact = _plain_log_det(_plain_gram(pixels.double().tolist())) + _plain_log_det(inner)
    log_det, num_kept = log_determinant(found, "relative")
    assert (found.num_resolved, num_kept) == (3, 3)
    assert log_det == pytest.approx(exact, abs=1e-5)
    assert log_determinant(found, "full") == (-math.inf, 3)
    assert total_correlation(found, "full") == math.inf
    assert log_determinant(found, "floor", floor=1e-9)[0] == pytest.approx(
        exact + (units - 3) * math.log(1e-9), abs=1e-5
    )


@pytest.mark.parametrize("units", [8, 64])
@pytest.mark.parametrize("is_affine", [False, True])
def test_outputs_of_a_layer_norm_are_exactly_singular(units: int, is_affine: bool) -> None:
    """Normalised units sum to 0, so that the others determine each; without the last, all are resolved."""
    source = torch.Generator().manual_seed(units)
    inputs = torch.randn(500, 2 * units, generator=source) @ torch.randn(2 * units, units, generator=source) + 3
    scale, shift = torch.rand(units, generator=source) + 0.5, torch.randn(units, generator=source)
    outputs = torch.layer_norm(inputs, (units,), *((scale, shift) if is_affine else ()))
    found = spectrum(outputs)
    assert found.num_resolved == units - 1
    assert log_determinant(found, "full") == (-math.inf, units - 1)
    assert total_correlation(found, "full") == math.inf
    gram = _plain_gram(outputs[:, :-1].double().tolist())
    assert log_determinant(spectrum(outputs[:, :-1]), "full")[0] == pytest.approx(_plain_log_det(gram), rel=1e-9)


@pytest.mark.parametrize(("smallest", "is_resolved"), [(1e-5, True), (3e-7, False)])
def test_small_singular_values_count_where_their_type_resolves_them(smallest: float, is_resolved: bool) -> None:
    left, _ = torch.linalg.qr(_gaussian(400, 12))
    left, _ = torch.linalg.qr(left - left.mean(0))
    right, _ = torch.linalg.qr(_gaussian(12, 12, 1))
    scales = torch.ones(12, dtype=torch.float64)
    scales[-1] = smallest
    data = (left * scales) @ right.T
    exact = pytest.approx(2 * math.log(smallest), abs=0.05)
    assert log_determinant(spectrum(data), "full")[0] == exact
    log_det, num_kept = log_determinant(spectrum(data.float()), "full")
    assert (log_det, num_kept) == (exact if is_resolved else -math.inf, 12 if is_resolved else 11)


def test_activations_that_do_not_vary_have_no_volume() -> None:
    found = spectrum(torch.full((50, 4), 0.3))
    assert found.num_resolved == 0
    assert log_determinant(found, "relative") == log_determinant(found, "full") == (-math.inf, 0)
    assert log_determinant(found, "floor", floor=0.5)[0] == pytest.approx(4 * math.log(0.5))


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
