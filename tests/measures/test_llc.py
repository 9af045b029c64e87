"""Learning coefficients against closed forms, at each sampler, and the verdicts on chains that fail."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from geomgen.config.llc import LlcConfig
from geomgen.errors import UsageError
from geomgen.measures.llc import CONVERGED, coefficient, loss_and_slope, of_network, of_potential
from geomgen.models.functional.loss import squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.progress import silent
from geomgen.tables.learning import LlcRow
from geomgen.theory.learning import quadratic_coefficient

CURVATURES = tuple(0.5 + 1.5 * index / 19 for index in range(20))


def _measured(**options: object) -> LlcRow:
    config = LlcConfig(**options).filled()  # type: ignore[arg-type]
    return coefficient(config, of_potential(config), silent)[0]


def _error(row: LlcRow) -> float:
    """Return by how many standard errors the coefficient differs from theory."""
    assert row.llc is not None
    assert row.stderr is not None
    assert row.llc_theory is not None
    return (row.llc - row.llc_theory) / row.stderr


@pytest.mark.parametrize("localization", [0.0, 100.0])
def test_sgld_has_the_bias_of_its_step_and_half_steps_remove_it(localization: float) -> None:
    row = _measured(
        potential="quadratic",
        sampler="sgld",
        curvatures=CURVATURES,
        localization=localization,
        chain_step=1e-3,
        chains=100,
        draws=300,
    )
    at_step = quadratic_coefficient(CURVATURES, 144.765, localization, 1e-3)
    assert row.llc_at_step == pytest.approx(at_step, rel=0.03)
    assert abs(_error(row)) < 5
    assert row.step_bias == pytest.approx(at_step - float(row.llc_theory or 0), abs=5 * float(row.stderr or 0))


@pytest.mark.parametrize("n_beta", [10.0, 1e2, 1e3, 1e4])
def test_a_quadratic_has_half_its_dimension_at_every_n_beta(n_beta: float) -> None:
    row = _measured(potential="quadratic", curvatures=CURVATURES, n_beta=n_beta, sampler="mala", chains=50, draws=200)
    assert row.llc_theory == pytest.approx(10)
    assert abs(_error(row)) < 5


@pytest.mark.parametrize(
    "options",
    [
        {"potential": "homogeneous", "power": 4, "dimensions": 3},
        {"potential": "homogeneous", "power": 6, "dimensions": 2, "n_beta": 1e4},
        {"potential": "normal-crossing", "power": 2, "dimensions": 2},
    ],
)
def test_singular_potentials_have_their_exact_coefficient(options: dict[str, object]) -> None:
    row = _measured(sampler="hmc", chains=200, draws=100, **options)
    assert (row.verdict, row.converged) == (CONVERGED, True)
    assert abs(_error(row)) < 5


def test_reduced_rank_regression_has_its_coefficient_at_finite_n_beta() -> None:
    row = _measured(potential="reduced-rank", true_rank=1, sampler="hmc", chains=100, draws=100)
    assert row.llc == pytest.approx(7.80, rel=0.03)
    assert row.llc_theory == 8


@pytest.mark.parametrize("depth", [0.0, 0.005])
def test_two_basins_are_occupied_by_their_volumes_against_their_depths(depth: float) -> None:
    row = _measured(
        potential="two-basins",
        curvatures=(1.0, 1.0, 1.0),
        other_curvatures=(4.0, 9.0, 1.0),
        depth_difference=depth,
        sampler="hmc",
        chains=100,
        draws=300,
    )
    assert row.occupancy_ratio_theory is not None
    assert row.occupancy_ratio_theory == pytest.approx(6 * math.exp(-144.765 * depth))
    assert row.occupancy_ratio is not None
    assert row.occupancy_ratio_stderr is not None
    assert abs(row.occupancy_ratio - row.occupancy_ratio_theory) < 5 * row.occupancy_ratio_stderr
    assert row.verdict == CONVERGED


def test_the_standard_error_is_the_spread_of_seeds() -> None:
    """The spread of 60 seeds varies by an eleventh."""
    rows = [
        _measured(potential="quadratic", sampler="sgld", halve_step=False, chains=10, draws=200, seed=seed)
        for seed in range(60)
    ]
    spread = torch.tensor([float(row.llc or 0) for row in rows]).std()
    stderr = torch.tensor([float(row.stderr or 0) for row in rows]).mean()
    assert float(spread / stderr) == pytest.approx(1, abs=0.3)


def test_each_failure_has_its_name() -> None:
    diverged = _measured(potential="quadratic", sampler="sgld", chain_step=1.0, draws=2000, chains=2)
    assert (diverged.verdict, diverged.llc, diverged.num_diverged) == ("diverged", None, 2)
    short = _measured(potential="quadratic", sampler="sgld", draws=4, burn_in=0)
    assert (short.verdict, short.converged) == ("not mixed", False)
    with pytest.raises(UsageError, match="sgld has no default step"):
        _measured(potential="homogeneous", sampler="sgld")


def _linear_network() -> tuple[NetworkFunction, torch.Tensor, torch.Tensor]:
    """Return least squares at its minimum: three inputs, one output, no bias."""
    source = torch.Generator().manual_seed(0)
    inputs = torch.randn(400, 3, generator=source)
    targets = torch.randn(400, 1, generator=source)
    model = nn.Linear(3, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.linalg.lstsq(inputs, targets).solution.T)
    return NetworkFunction(model, loss=squared_error), inputs, targets


@pytest.mark.parametrize("sampler", ["sgld", "mala"])
def test_a_network_with_a_quadratic_loss_has_the_coefficient_of_its_hessian(sampler: str) -> None:
    network, inputs, targets = _linear_network()
    config = replace(
        LlcConfig(sampler=sampler, chains=20, draws=200, minibatch_size=20, localization=1.0).filled(),
        n_beta=400 / math.log(400),
    )
    place = of_network(config, "final", network, inputs, targets)
    curvatures = torch.linalg.eigvalsh(2 / 400 * inputs.T.double() @ inputs.double())
    assert place.largest_curvature == pytest.approx(float(curvatures[-1]), rel=1e-6)
    row, trace = coefficient(config, place, silent)
    wanted = quadratic_coefficient(curvatures.tolist(), place.target.n_beta, 1.0)
    assert row.llc == pytest.approx(wanted, abs=5 * float(row.stderr or 0) + 0.05)
    assert (row.num_samples, row.minibatch_size) == (400, 20 if sampler == "sgld" else 400)
    assert len(trace) == 20 * 200


def test_loss_and_slope_are_those_of_all_samples() -> None:
    network, inputs, targets = _linear_network()
    with torch.no_grad():
        next(network.stand_in.parameters()).add_(1)
    wanted, theta = targets.double(), network.parameters().double()
    errors = inputs.double() @ theta[:, None] - wanted
    loss, slope = loss_and_slope(network, inputs, targets)
    assert loss == pytest.approx(float(errors.square().mean()), rel=1e-12)
    assert slope == pytest.approx(float((2 / 400 * inputs.double().T @ errors).norm()), rel=1e-12)


def test_parameters_from_where_the_loss_falls_are_not_at_a_minimum() -> None:
    network, inputs, targets = _linear_network()
    config = replace(LlcConfig(sampler="mala", draws=50).filled(), n_beta=60.0)
    at = coefficient(config, of_network(config, "final", network, inputs, targets), silent)[0]
    assert at.verdict != "not at a minimum"
    assert at.energy_descent < 1e-6
    with torch.no_grad():
        next(network.stand_in.parameters()).add_(1)
    away = coefficient(config, of_network(config, "final", network, inputs, targets), silent)[0]
    assert (away.verdict, away.converged) == ("not at a minimum", False)
    assert away.energy_descent > 0.5


def test_a_minibatch_is_all_images_if_there_are_no_more() -> None:
    network, inputs, targets = _linear_network()
    config = replace(LlcConfig(chains=10, minibatch_size=500, draws=4).filled(), n_beta=1.0)
    place = of_network(config, "final", network, inputs, targets)
    assert place.minibatch_size == 400
    losses, _ = place.target.loss(network.parameters().expand(10, -1))
    torch.testing.assert_close(losses, losses.new_full((10,), place.reference_loss))


def test_a_loss_that_is_not_finite_is_refused() -> None:
    network, inputs, targets = _linear_network()
    config = replace(LlcConfig().filled(), n_beta=1.0)
    with pytest.raises(UsageError, match="final: the loss is nan"):
        of_network(config, "final", network, inputs * math.nan, targets)
