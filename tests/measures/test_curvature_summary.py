"""The numbers of a summary against dense matrices: traces without error, bounds of the rank, outliers."""

import math

import pytest
import torch
from torch import Tensor

from geomgen.measures.at_state import AtState
from geomgen.measures.curvature_summary import at_least_zero, num_outliers, operator_numbers, spectrum_numbers
from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.functional.products import empirical_fisher, gauss_newton, hessian
from geomgen.numerics.lanczos import Ritz, lanczos
from geomgen.numerics.spectrum import ExactSpectrum, KrylovSpectrum, random_signs
from tests.models.functional.networks import NUM_CLASSES, NUM_SAMPLES, problem

CURVATURES = {"hessian": hessian, "ggn": gauss_newton, "fisher": empirical_fisher}


def _at(kind: str) -> AtState:
    model, inputs, labels = problem(kind)
    network = NetworkFunction(model)
    return AtState("final", network, network.parameters(), inputs, labels, NUM_CLASSES)


def _dense(at: AtState, operator: str) -> Tensor:
    units = torch.eye(len(at.theta), dtype=torch.float64)
    return CURVATURES[operator](at.network, at.theta, at.inputs, at.labels)(units)


def _probed(matrix: Tensor, num_probes: int = 3) -> KrylovSpectrum:
    vectors = random_signs(num_probes, len(matrix), torch.Generator().manual_seed(0))
    return KrylovSpectrum(lanczos(lambda block: block @ matrix, vectors, 10), len(matrix))


@pytest.mark.parametrize("operator", CURVATURES)
@pytest.mark.parametrize(("kind", "is_exact"), [("mlp", True), ("lenet5", True), ("transformer", False)])
def test_the_trace_has_no_error_where_the_diagonal_is_known(operator: str, kind: str, is_exact: bool) -> None:
    at = _at(kind)
    matrix = _dense(at, operator)
    found = operator_numbers(at, operator, _probed(matrix))
    if is_exact or operator != "hessian":
        assert found["trace_stderr"] == 0
        assert found["trace"] == pytest.approx(float(matrix.trace()), rel=1e-9)
    else:
        assert found["trace_stderr"] > 0
        assert abs(found["trace"] - float(matrix.trace())) < 30 * found["trace_stderr"]


def test_one_probe_has_no_standard_error() -> None:
    at = _at("transformer")
    found = _probed(_dense(at, "hessian"), 1)
    assert operator_numbers(at, "hessian", found)["trace_stderr"] is None
    assert spectrum_numbers(found, NUM_CLASSES, 0)["frobenius_norm_stderr"] is None


def test_the_gauss_newton_and_the_fisher_matrix_have_no_rank_above_their_bound() -> None:
    at = _at("mlp")
    bounds = {operator: operator_numbers(at, operator, ExactSpectrum(torch.ones(4).double()))["rank_bound"]
              for operator in CURVATURES}  # fmt: skip
    assert bounds == {"hessian": None, "ggn": NUM_SAMPLES * (NUM_CLASSES - 1), "fisher": NUM_SAMPLES}
    for operator in ("ggn", "fisher"):
        assert int(torch.linalg.matrix_rank(_dense(at, operator), hermitian=True)) <= bounds[operator]
    at.network.loss_function = squared_error
    assert operator_numbers(at, "ggn", _probed(_dense(at, "ggn")))["rank_bound"] == NUM_SAMPLES * NUM_CLASSES


def test_a_dense_summary_is_that_of_the_eigenvalues() -> None:
    values = torch.tensor([-2.0, -1e-9, 0.0, 0.0, 1e-5, 0.01, 3.0, 4.0], dtype=torch.float64)
    found = spectrum_numbers(ExactSpectrum(values), 2, 0.25)
    assert found["frobenius_norm"] == pytest.approx(math.sqrt(29.0001), rel=1e-9)
    assert (found["eigenvalue_min"], found["eigenvalue_max"]) == (-2, 4)
    assert found["effective_rank"] == pytest.approx(9.01001**2 / 29.0001, rel=1e-6)
    assert found["negative_fraction"] == found["negative_fraction_high"] == 2 / 8
    shares = [found[f"near_zero_fraction_1e_{power}{end}"] for power in (2, 5, 6) for end in ("", "_low", "_high")]
    assert shares == [5 / 8] * 3 + [4 / 8] * 3 + [3 / 8] * 3


def test_known_zeros_narrow_the_bounds_of_shares() -> None:
    values = torch.cat([torch.zeros(60), torch.logspace(-6, 0, 140)]).double()
    found = KrylovSpectrum(lanczos(lambda block: block * values, random_signs(2, 200, torch.Generator()), 3), 200)
    free, known = (spectrum_numbers(found, 2, zero) for zero in (0.0, 0.3))
    assert free["near_zero_fraction_1e_6_low"] < known["near_zero_fraction_1e_6_low"] == 0.3
    assert known["negative_fraction_high"] <= 0.7
    of_operator = {"dimension": 200, "known_zeros": 20, "rank_bound": None}
    assert at_least_zero(of_operator) == 0.1
    assert at_least_zero({**of_operator, "rank_bound": 140}) == 0.3


def test_a_matrix_of_zeros_divides_by_nothing() -> None:
    found = spectrum_numbers(ExactSpectrum(torch.zeros(6).double()), 2, 1.0)
    assert (found["effective_rank"], found["frobenius_norm"], found["num_outliers"]) == (0, 0, None)
    assert found["near_zero_fraction_1e_6"] == 1
    assert found["negative_fraction"] == 0
    probes = lanczos(torch.zeros_like, random_signs(2, 6, torch.Generator()), 4)
    found = spectrum_numbers(KrylovSpectrum(probes, 6), 2, 1.0)
    assert (found["effective_rank"], found["near_zero_fraction_1e_6"], found["frobenius_norm_stderr"]) == (0, 1, 0)


@pytest.mark.parametrize(
    ("values", "bounds", "expected"),
    [
        ([9.0, 8.0, 7.0, 1.0, 0.9, 0.8], 0.0, 3),
        ([9.0, 1.0, 0.9, 0.8, 0.79, 0.01], 0.0, 5),
        ([9.0, 8.0, 7.0, 1.0, 0.9, 0.8], 0.1, None),
        ([9.0, 8.0, 1.0, -1.0], 0.0, None),
        ([9.0], 0.0, None),
    ],
)
def test_outliers_are_above_the_widest_gap(values: list[float], bounds: float, expected: int | None) -> None:
    ascending = torch.tensor(values[::-1], dtype=torch.float64)
    ritz = Ritz(ascending, torch.ones_like(ascending), torch.full_like(ascending, bounds))
    assert num_outliers(ritz, 2) == expected
