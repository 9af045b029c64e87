"""Means of logarithms: exact values, their standard errors, and the signs of a tail that is too heavy."""

import math

import pytest
import torch

from geomgen.numerics.log_mean import log_mean_exp, pareto_k, ratio_of_means


def normal(count: int, seed: int = 0) -> torch.Tensor:
    """Return standard normal numbers."""
    return torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_mean_far_beyond_what_floats_hold_is_exact() -> None:
    logs = torch.tensor([-5000.0, -5000.0 + math.log(3)], dtype=torch.float64)
    found = log_mean_exp(logs)
    assert found.value == pytest.approx(-5000 + math.log(2))
    assert found.ess == pytest.approx(16 / 10)
    assert found.pareto_k is None


def test_the_standard_error_covers_the_log_normal_mean() -> None:
    sigma = 0.5
    found = [log_mean_exp(sigma * normal(400, seed)) for seed in range(500)]
    covered = sum(abs(one.value - sigma**2 / 2) <= 1.96 * one.stderr for one in found) / len(found)
    assert 0.92 <= covered <= 0.98


def test_equal_terms_have_no_error_and_no_tail() -> None:
    found = log_mean_exp(torch.full((100,), 3.0, dtype=torch.float64))
    assert found.value == pytest.approx(3)
    assert found.stderr == pytest.approx(0, abs=1e-12)
    assert found.pareto_k is None
    assert found.ess == pytest.approx(100)


def test_terms_of_zero_count_in_the_mean_and_not_in_the_tail() -> None:
    logs = normal(100)
    found, alone = log_mean_exp(torch.cat([logs, torch.full((300,), -math.inf)])), log_mean_exp(logs)
    assert found.value == pytest.approx(alone.value - math.log(4))
    assert found.ess == pytest.approx(alone.ess)
    assert found.pareto_k == alone.pareto_k
    none = log_mean_exp(torch.full((30,), -math.inf).double())
    assert (none.value, none.ess, none.pareto_k) == (-math.inf, 0, None)


def test_pareto_k_is_the_shape_of_a_paretos_tail() -> None:
    uniform = torch.rand(20_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for shape in (0.3, 1.0):
        assert pareto_k(-shape * uniform.log()) == pytest.approx(shape, abs=0.1)
    assert pareto_k(normal(24)) is None


def test_a_ratio_of_means_has_the_error_of_its_pairs() -> None:
    logs = normal(1000)
    exact = ratio_of_means(logs + 2, logs)
    assert exact.value == pytest.approx(math.exp(2))
    assert exact.stderr == pytest.approx(0, abs=1e-12)
    found = [ratio_of_means(0.3 * normal(400, 2 * seed), 0.3 * normal(400, 2 * seed + 1)) for seed in range(300)]
    covered = sum(abs(one.value - 1) <= 1.96 * one.stderr for one in found) / len(found)
    assert 0.91 <= covered <= 0.99


@pytest.mark.parametrize(("num_larger", "heaviest"), [(0, None), (8, 0.7)])
def test_terms_many_of_which_are_equal_have_no_heavy_tail(num_larger: int, heaviest: float | None) -> None:
    """Rays that never end have one mass: a tail that is all equal has no shape, and one whose lower quarter is may."""
    logs = torch.zeros(100, dtype=torch.float64)
    logs[:3] = -1.0
    logs[3 : 3 + num_larger] = torch.linspace(0.1, 0.2, num_larger, dtype=torch.float64)
    found = log_mean_exp(logs)
    assert (found.pareto_k is None) == (heaviest is None)
    assert (found.pareto_k or 0) <= (heaviest or 0)
    assert found.ess > 90
