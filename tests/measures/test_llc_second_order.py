"""What the Hessian says of a learning coefficient, against closed forms and an exact volume."""

import pytest
import torch
from scipy.stats import chi2

from geomgen.measures.llc_second_order import COLUMNS, second_order
from geomgen.numerics.chain_mean import ChainMean

N_BETA = 100.0


def _mean(value: float, stderr: float = 0.01) -> ChainMean:
    return ChainMean(value, stderr, r_hat=1.0, ess=1e3, num_chains=10)


def _curvatures(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_without_a_weight_it_is_half_the_rank() -> None:
    found = second_order(_curvatures(0, 1e-20, 0.5, 2.0), N_BETA, 0.0, _mean(1.0), is_minimum=True)
    assert found == {
        "hessian_rank": 2, "llc_second_order": 1.0, "is_within_bounds": True, "d_log_volume_d_log_tolerance": None,
    }  # fmt: skip


def test_a_weight_takes_from_each_direction_and_negative_curvatures_add_nothing() -> None:
    found = second_order(_curvatures(-0.1, 0.5, 2.0), N_BETA, 50.0, _mean(0.6), is_minimum=True)
    assert found["hessian_rank"] == 3
    assert found["llc_second_order"] == pytest.approx(50 / 100 / 2 + 200 / 250 / 2)


@pytest.mark.parametrize(("value", "said"), [(0.97, False), (0.99, True), (2.01, True), (2.03, False)])
def test_bounds_are_kept_to_two_standard_errors(value: float, said: bool) -> None:
    found = second_order(_curvatures(0, 0, 1, 1), N_BETA, 0.0, _mean(value), is_minimum=True)
    assert found["is_within_bounds"] is said


def test_what_is_unknown_is_said_to_be() -> None:
    assert second_order(None, N_BETA, 1.0, _mean(1.0), is_minimum=True) == dict.fromkeys(COLUMNS)
    curvatures = _curvatures(0.5, 2.0)
    assert second_order(curvatures, N_BETA, 1.0, _mean(1.0), is_minimum=False)["is_within_bounds"] is None
    diverged = second_order(curvatures, N_BETA, 1.0, None, is_minimum=True)
    assert (diverged["is_within_bounds"], diverged["d_log_volume_d_log_tolerance"]) == (None, None)
    negative = second_order(curvatures, N_BETA, 1.0, _mean(-1.0), is_minimum=True)
    assert negative["d_log_volume_d_log_tolerance"] is None


@pytest.mark.parametrize("value", [1.0, 5.0, 10.0])
def test_the_volume_scales_as_the_exact_one_of_equal_curvatures(value: float) -> None:
    """V = P(chi2 <= 2 gamma eps / h); Stirling's formula in place of Gamma(10) is 1 % off."""
    size, curvature, gamma = 20, 3.0, 60.0
    found = second_order(_curvatures(*[curvature] * size), N_BETA, gamma, _mean(value), is_minimum=True)
    limit = 2 * gamma * value / N_BETA / curvature
    exact = limit * chi2.pdf(limit, size) / chi2.cdf(limit, size)
    assert found["d_log_volume_d_log_tolerance"] == pytest.approx(exact, rel=0.01)
