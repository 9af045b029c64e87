"""Learning coefficients against closed forms, at each sampler, and the verdicts on chains that fail."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize(
    ("sampler", "n_beta"),
    [("sgld", 10.0), ("sgld", 1e4), ("mala", 10.0), ("mala", 1e2), ("mala", 1e3), ("mala", 1e4)],
)
def test_a_quadratic_has_half_its_dimension_at_every_n_beta(sampler: str, n_beta: float) -> None:
    row = _measured(potential="quadratic", curvatures=CURVATURES, n_beta=n_beta, sampler=sampler, chains=50, draws=200)
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


def test_coefficients_along_n_beta_add_up_to_the_free_energy() -> None:
    """-ln Z = int E[L] d(n beta), E[L] = lambda / (n beta): of a quadratic, 1/2 sum ln(1 + n beta h / gamma)."""
    n_beta, gamma = 144.765, 100.0
    nodes, weights = np.polynomial.legendre.leggauss(5)
    free_energy, variance = 0.0, 0.0
    for node, weight in zip(((nodes + 1) / 2 * n_beta).tolist(), (weights / 2 * n_beta).tolist(), strict=True):
        row = _measured(
            potential="quadratic", curvatures=CURVATURES, n_beta=node, localization=gamma, chains=100, draws=50
        )
        free_energy += weight * float(row.llc or 0) / node
        variance += (weight * float(row.stderr or 0) / node) ** 2
    exact = sum(math.log1p(n_beta * h / gamma) for h in CURVATURES) / 2
    assert exact == pytest.approx(10.0404, abs=5e-5)
    assert abs(free_energy - exact) < 5 * math.sqrt(variance) < 0.3


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


def test_the_trace_keeps_some_draws_of_each_chain() -> None:
    whole, some = (
        coefficient(config, of_potential(config), silent)
        for every in (1, 3)
        for config in [LlcConfig(potential="quadratic", chains=2, draws=8, trace_every=every).filled()]
    )
    assert whole[0] == some[0]
    assert [(row.chain, row.draw) for row in some[1]] == [(chain, draw) for chain in (0, 1) for draw in (0, 3, 6)]
    assert {row.chain_loss for row in some[1]} < {row.chain_loss for row in whole[1]}


def test_the_standard_error_is_the_spread_of_seeds() -> None:
    """The spread of 60 seeds varies by an eleventh."""
    rows = [
        _measured(potential="quadratic", sampler="sgld", halve_step=False, chains=10, draws=200, seed=seed)
        for seed in range(60)
    ]
    spread = torch.tensor([float(row.llc or 0) for row in rows]).std()
    stderr = torch.tensor([float(row.stderr or 0) for row in rows]).mean()
    assert float(spread / stderr) == pytest.approx(1, abs=0.3)


def test_each_failure_has_its_name(tmp_path: Path) -> None:
    diverged = _measured(potential="quadratic", sampler="sgld", chain_step=1.0, draws=2000, chains=2)
    assert (diverged.verdict, diverged.llc, diverged.num_diverged) == ("diverged", None, 2)
    short = _measured(potential="quadratic", sampler="sgld", draws=4, burn_in=0)
    assert (short.verdict, short.converged) == ("not mixed", False)
    well = tmp_path / "double_well_of_a_test.py"
    well.write_text("centre = [0.0]\ndef loss(points): return (points.square() - 1).square().sum(-1)")
    hill = tmp_path / "hill_of_a_test.py"
    hill.write_text("centre = [0.0]*2\ndef loss(points): return (points.square() - points.pow(4) / 4).sum(-1)")
    some = _measured(potential=str(hill), sampler="sgld", n_beta=5.0, chains=20, draws=500, seed=1)
    assert 0 < some.num_diverged < 20
    assert (some.verdict, some.converged) == ("some diverged", False)
    negative = _measured(potential=str(well), draws=100)
    assert (negative.verdict, negative.converged, negative.state) == ("negative", False, "double_well_of_a_test")
    assert negative.llc == pytest.approx(0.5 - 144.765, abs=1)
    with pytest.raises(UsageError, match="sgld has no default step"):
        _measured(potential="homogeneous", sampler="sgld")


def _linear_network() -> tuple[NetworkFunction, torch.Tensor, torch.Tensor]:
    """Return least squares at its minimum: three inputs, one output, no bias."""
    source = torch.Generator().manual_seed(0)
    inputs = torch.randn(400, 3, generator=source)
    targets = torch.randn(400, 1, generator=source)
    model = nn.Sequential(nn.Linear(3, 1, bias=False))
    with torch.no_grad():
        next(model.parameters()).copy_(torch.linalg.lstsq(inputs, targets).solution.T)
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
    wanted = quadratic_coefficient(curvatures.tolist(), place.n_beta, 1.0)
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


def _deep_linear(scale: float) -> tuple[NetworkFunction, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a deep linear network at a minimum, its samples, and the sizes of its parameters.

    The first layer is multiplied by a number and the last divided by it, which leaves the function as it is.
    """
    source = torch.Generator().manual_seed(0)
    inputs, targets = torch.randn(400, 3, generator=source), torch.randn(400, 1, generator=source)
    solution = torch.linalg.lstsq(inputs, targets).solution.T
    model = nn.Sequential(*(nn.Linear(3, size, bias=False) for size in (3, 3, 1)))
    with torch.no_grad():
        for own, weight in zip(model.parameters(), (torch.eye(3) * scale, torch.eye(3), solution / scale), strict=True):
            own.copy_(weight)
    sizes = torch.cat([torch.full((9,), scale), torch.ones(9), torch.full((3,), 1 / scale)])
    return NetworkFunction(model, loss=squared_error), inputs, targets, sizes


@cache
def _rescaled(scale: float, localization: float) -> float:
    network, inputs, targets, sizes = _deep_linear(scale)
    options = LlcConfig(chains=20, draws=100, minibatch_size=100, localization=localization, chain_step=1e-3)
    config = replace(options.filled(), n_beta=400 / math.log(400))
    place = of_network(config, "final", network, inputs, targets)
    place = place._replace(target=replace(place.target, scale=sizes))
    return float(coefficient(config, place, silent)[0].llc or 0)


@pytest.mark.parametrize("scale", [1e-4, 1e4])
def test_layers_that_are_rescaled_keep_the_coefficient_unless_the_chains_are_kept_near(scale: float) -> None:
    """Steps are measured in units of each layer."""
    assert _rescaled(scale, 0.0) == pytest.approx(_rescaled(1.0, 0.0), rel=0.03)
    assert _rescaled(scale, 1.0) != pytest.approx(_rescaled(1.0, 1.0), rel=0.03)


def _small_network() -> tuple[NetworkFunction, torch.Tensor, torch.Tensor]:
    """Return a network of two tanh units, trained to a minimum of the squared error of noisy samples."""
    source = torch.Generator().manual_seed(0)
    inputs = torch.randn(100, 2, generator=source)
    targets = inputs[:, :1].tanh() + 0.5 * torch.randn(100, 1, generator=source)
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=source))
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss: torch.Tensor = (model(inputs) - targets).square().sum(1).mean()
        loss.backward()
        return loss

    optimizer.step(closure)
    return NetworkFunction(model, loss=squared_error), inputs, targets


def test_the_standard_error_of_a_network_is_the_spread_of_seeds() -> None:
    network, inputs, targets = _small_network()
    rows = []
    for seed in range(20):
        options = LlcConfig(chains=10, draws=100, minibatch_size=20, halve_step=False, seed=seed)
        config = replace(options.filled(), n_beta=100 / math.log(100))
        rows.append(coefficient(config, of_network(config, "final", network, inputs, targets), silent)[0])
    spread = torch.tensor([float(row.llc or 0) for row in rows]).std()
    stderr = torch.tensor([float(row.stderr or 0) for row in rows]).mean()
    assert float(spread / stderr) == pytest.approx(1, abs=0.3)
