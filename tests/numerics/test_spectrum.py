"""Sums, shares and densities of a spectrum known exactly and through quadrature, and the error bars of the latter."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.numerics.lanczos import lanczos
from geomgen.numerics.spectrum import ExactSpectrum, KrylovSpectrum, broadened, random_signs
from tests.numerics.spectra import OUTLIERS, product_with, rotated, starts

LIMITS = (1e-6, 1e-4, 1e-2, 1.0)


def _values(dim: int = 200) -> Tensor:
    bulk = 0.1 * torch.linspace(-1, 1, dim - len(OUTLIERS), dtype=torch.float64) ** 5
    return torch.cat([bulk, OUTLIERS]).sort().values


def _krylov(values: Tensor, num_steps: int, num_probes: int = 4, seed: int = 0) -> KrylovSpectrum:
    dim = len(values)
    return KrylovSpectrum(lanczos(product_with(values), starts(num_probes, dim, seed), num_steps), dim)


def test_an_exact_spectrum_has_exact_sums_and_shares() -> None:
    found = ExactSpectrum(torch.tensor([-1.0, 0.0, 0.0, 3.0], dtype=torch.float64))
    assert (found.total(torch.square).value, found.total(torch.square).stderr) == (10.0, 0.0)
    assert found.share(-1, 0) == (0.75, 0.75, 0.75)
    assert found.share(-math.inf, -1e-9).value == 0.25


def test_hutchinson_has_no_error_for_a_diagonal_matrix() -> None:
    values = _values()
    probes = lanczos(lambda block: block * values, starts(3, len(values)), 1)
    found = KrylovSpectrum(probes, len(values)).total(lambda nodes: nodes)
    assert found.value == pytest.approx(float(values.sum()), rel=1e-12)
    assert found.stderr <= 1e-12 * found.value


@pytest.mark.parametrize("power", [1, 2])
def test_sums_of_powers_are_those_of_products_with_the_probes(power: int) -> None:
    values, vectors = _values(), starts(5, 200)
    matrix = rotated(values)
    found = _krylov(values, 2, 5).total(lambda nodes: nodes**power)
    samples = torch.einsum("kd,de,ke->k", vectors, torch.linalg.matrix_power(matrix, power), vectors)
    assert found.value == pytest.approx(float(samples.mean()), rel=1e-10)
    assert found.stderr == pytest.approx(float(samples.std()) / 5**0.5, rel=1e-8)


def test_the_variance_of_hutchinsons_estimate_is_that_of_its_law() -> None:
    """2 (|A|_F^2 - sum A_ii^2), within 5 standard errors of a sample variance of 4,000."""
    matrix, count = rotated(_values(40)), 4000
    expected = 2 * float(matrix.square().sum() - matrix.diagonal().square().sum())
    vectors = random_signs(count, 40, torch.Generator().manual_seed(1))
    probes = lanczos(lambda block: block @ matrix, vectors, 1)
    samples = torch.stack([40 * probe.diagonal[0] for probe in probes])
    kurtosis = float(((samples - samples.mean()) / samples.std()).pow(4).mean())
    assert abs(float(samples.var()) / expected - 1) < 5 * math.sqrt((kurtosis - 1) / count)


def test_the_interval_of_the_trace_covers_it_in_93_to_97_percent_of_repeats() -> None:
    values, repeats = 0.1 * torch.linspace(-1, 3, 60, dtype=torch.float64) ** 3, 1000
    matrix = rotated(values)
    probes = lanczos(lambda block: block @ matrix, random_signs(4 * repeats, 60, torch.Generator().manual_seed(2)), 1)
    found = [
        KrylovSpectrum(probes[start : start + 4], 60).total(lambda nodes: nodes)
        for start in range(0, len(probes), 4)
    ]  # fmt: skip
    covered = sum(one.low <= float(values.sum()) <= one.high for one in found) / repeats
    assert 0.93 <= covered <= 0.97


@pytest.mark.parametrize("num_steps", [5, 30, 60])
@pytest.mark.parametrize("limit", LIMITS)
def test_a_share_is_within_its_bounds_in_at_least_95_percent_of_repeats(num_steps: int, limit: float) -> None:
    values = _values()
    exact = ExactSpectrum(values).share(-limit, limit).value
    found = [_krylov(values, num_steps, 2, seed).share(-limit, limit) for seed in range(20)]
    assert sum(one.low <= exact <= one.high for one in found) >= 18
    assert all(one.low <= one.value <= one.high for one in found)


def test_few_steps_tell_large_thresholds_and_cannot_tell_small_ones() -> None:
    values = torch.cat([torch.logspace(-9, -3, 991, dtype=torch.float64), OUTLIERS])
    found = _krylov(values, 12)
    wide, narrow = found.share(-1e-7, 1e-7), found.share(-0.1, 0.1)
    assert wide.high - wide.low > 0.5
    assert narrow.high - narrow.low < 0.05


def test_what_is_never_negative_has_narrower_bounds() -> None:
    values = _values().abs()
    found = _krylov(values, 8)
    free, known = found.share(-0.01, 0.01), KrylovSpectrum(found.probes, 200, nonnegative=True).share(-0.01, 0.01)
    assert free.low <= known.low <= known.high <= free.high
    assert KrylovSpectrum(found.probes, 200, nonnegative=True).share(-math.inf, -1e-9).low == 0


def test_the_density_has_the_moments_of_the_spectrum() -> None:
    values = _values()
    for found in (ExactSpectrum(values), _krylov(values, 30)):
        broadening, step = 0.05, 0.01
        points = torch.arange(-2, 12, step, dtype=torch.float64)
        heights = broadened(found.rule, points, broadening)
        moments = [float((heights * points**k).sum()) * step for k in range(3)]
        of_trace, of_squares = (found.total(one).value / 200 for one in (lambda nodes: nodes, torch.square))
        assert moments == pytest.approx([1, of_trace, of_squares + broadening**2], rel=1e-9)


def test_the_mean_logarithm_of_a_wishart_matrix_is_that_of_marchenko_and_pastur() -> None:
    """Mean ln of the eigenvalues of X^T X / n is -1 - ((1 - c)/c) ln(1 - c) with c = p/n, but for O(1/p)."""
    n, p = 2000, 400
    data = torch.randn(n, p, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix, c = data.T @ data / n, p / n
    expected = -1 - (1 - c) / c * math.log(1 - c)
    exact = ExactSpectrum(torch.linalg.eigvalsh(matrix)).total(torch.log).value / p
    found = KrylovSpectrum(lanczos(lambda block: block @ matrix, starts(8, p), 30), p).total(torch.log)
    assert exact == pytest.approx(expected, abs=2 / p)
    assert abs(found.value / p - exact) < 5 * found.stderr / p
