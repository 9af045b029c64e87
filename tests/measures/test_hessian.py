"""Rows of the curvature at a state: methods against each other, groups of probes, and what is refused."""

import math
from dataclasses import replace

import pytest
import torch

from geomgen.config.hessian import HessianConfig
from geomgen.errors import DataError
from geomgen.measures import hessian as measure
from geomgen.measures.at_state import AtState
from geomgen.measures.hessian import Training, probes_at_once, rows
from geomgen.models.functional.network import NetworkFunction
from geomgen.tables.curvature import HessianDensityRow, HessianEigenvalueRow, HessianSummaryRow
from tests.models.functional.networks import NUM_CLASSES, problem

TRAINING = Training("a-run", 0, 0.5)
DENSE = HessianConfig(method="dense")
LANCZOS = HessianConfig(method="lanczos", steps=20, probes=2)


def _at(kind: str = "mlp") -> AtState:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    return AtState("final", network, network.parameters(), inputs, labels, NUM_CLASSES)


def _rows(
    at: AtState, config: HessianConfig
) -> tuple[HessianSummaryRow, list[HessianEigenvalueRow], list[HessianDensityRow]]:
    found = rows(at, config, TRAINING, lambda _count: None)
    (summary,) = found["hessian_summary"]
    return summary, list(found["hessian_eigenvalues"]), list(found["hessian_density"])


@pytest.mark.parametrize("operator", ["hessian", "ggn", "fisher"])
@pytest.mark.parametrize("kind", ["mlp", "transformer"])
def test_the_numbers_of_lanczos_are_those_of_the_dense_matrix_within_their_bounds(operator: str, kind: str) -> None:
    at = _at(kind)
    exact, eigenvalues, _ = _rows(at, replace(DENSE, operator=operator))
    found, ritz_values, _ = _rows(at, replace(LANCZOS, operator=operator))
    dense = torch.tensor([row.eigenvalue for row in eigenvalues])
    for row in ritz_values:
        assert float((dense - row.eigenvalue).abs().min()) <= row.residual_bound
    assert found.eigenvalue_max == pytest.approx(exact.eigenvalue_max, abs=found.eigenvalue_max_bound)
    assert (found.mean_loss, found.gradient_norm, found.known_zeros) == (
        exact.mean_loss,
        exact.gradient_norm,
        exact.known_zeros,
    )
    for name in ("negative_fraction", *(f"near_zero_fraction_1e_{power}" for power in range(2, 7))):
        assert getattr(found, f"{name}_low") <= getattr(exact, name) + 1e-12
        assert getattr(exact, name) <= getattr(found, f"{name}_high") + 1e-12
    assert (exact.num_steps, exact.num_probes, exact.trace_stderr) == (None, None, 0)
    assert (found.num_steps, found.num_probes) == (min(20, len(ritz_values)), 2)
    assert found.sharpness_times_lr == 0.5 * found.eigenvalue_max


def test_twice_the_same_rows_bit_for_bit() -> None:
    at = _at()
    for config in (DENSE, LANCZOS):
        assert _rows(at, config) == _rows(at, config)


def test_probes_that_do_not_fit_together_are_run_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    at = _at()
    config = replace(LANCZOS, probes=3)
    together, *_ = _rows(at, config)
    assert probes_at_once(config, len(at.theta)) == 3
    monkeypatch.setattr(measure, "BASIS_BYTES", 20 * 8 * len(at.theta))
    assert probes_at_once(config, len(at.theta)) == 1
    apart, *_ = _rows(at, config)
    assert apart.frobenius_norm == pytest.approx(together.frobenius_norm, rel=1e-10)
    assert apart.num_probes == 3


def test_a_million_parameters_keep_two_probes_at_most() -> None:
    assert probes_at_once(HessianConfig(), 10**6) == 2
    assert probes_at_once(HessianConfig(), 10**7) == 1


def test_more_steps_than_parameters_are_not_taken() -> None:
    at = _at()
    found, ritz_values, _ = _rows(at, replace(LANCZOS, operator="fisher", steps=10**6))
    assert found.num_steps == len(ritz_values) <= len(at.inputs) + 1


@pytest.mark.parametrize("config", [DENSE, LANCZOS])
def test_the_density_integrates_to_1_and_has_the_mean_of_the_trace(config: HessianConfig) -> None:
    summary, _, density = _rows(_at(), config)
    step = density[1].eigenvalue - density[0].eigenvalue
    assert step == pytest.approx(density[0].broadening / 2)
    assert sum(row.density for row in density) * step == pytest.approx(1, abs=1e-4)
    if config is DENSE:
        mean = sum(row.density * row.eigenvalue for row in density) * step
        assert mean == pytest.approx(summary.trace / summary.dimension, abs=1e-4 * summary.eigenvalue_max)


def test_rescaling_a_relu_network_keeps_the_loss_and_changes_the_trace() -> None:
    at = _at()
    named = at.network.layout.named(at.theta)
    before, *_ = _rows(at, DENSE)
    named["hidden1.linear.weight"].mul_(3)
    named["hidden1.linear.bias"].mul_(3)
    named["hidden2.linear.weight"].div_(3)
    after, *_ = _rows(at, DENSE)
    assert after.mean_loss == pytest.approx(before.mean_loss, rel=1e-12)
    assert abs(after.trace / before.trace - 1) > 0.1


def test_a_loss_that_is_not_finite_is_refused() -> None:
    at = _at()
    at.theta[0] = math.nan
    with pytest.raises(DataError, match=r"The loss of the state 'final' of a-run on 7 images is nan\."):
        _rows(at, LANCZOS)


@pytest.mark.parametrize("operator", ["hessian", "ggn", "fisher"])
@pytest.mark.parametrize("config", [DENSE, LANCZOS])
def test_parameters_that_are_all_0_are_measured(operator: str, config: HessianConfig) -> None:
    at = _at()
    found, *_ = _rows(at._replace(theta=torch.zeros_like(at.theta)), replace(config, operator=operator))
    assert found.eigenvalue_max > 0
    assert found.mean_loss == pytest.approx(math.log(NUM_CLASSES))
    assert all(math.isfinite(value) for value in vars(found).values() if isinstance(value, float))


def test_products_are_counted() -> None:
    counted: list[int] = []
    rows(_at(), LANCZOS, TRAINING, counted.append)
    assert counted == [2] * 20
