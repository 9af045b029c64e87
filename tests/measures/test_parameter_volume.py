"""Volumes of parameters: routes that agree where they must, and say so where one is a lower bound."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures.at_state import AtState
from geomgen.measures.parameter_volume import regions
from geomgen.measures.parameter_volume import rows as rows_of_region
from geomgen.measures.potential_region import region_of_potential
from geomgen.models.functional.loss import Loss, cross_entropy, squared_error
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.mlp import mlp
from geomgen.numerics.radial import NATS_PER_RADIUS
from geomgen.tables.parameter_volume import ParameterVolumeRow
from tests.models.functional.test_gauge import rescaled

UNWEIGHTED = ParameterVolumeConfig(behaviour="loss", weighting="none", tolerance=(0.01,), directions=400)


def linear_state(loss: Loss = cross_entropy) -> AtState:
    """Return a linear map of four inputs to three logits at the least squares of its 30 samples."""
    source = torch.Generator().manual_seed(0)
    inputs = torch.randn(30, 1, 1, 4, generator=source, dtype=torch.float64)
    labels = torch.randint(0, 3, (30,), generator=source)
    network = NetworkFunction(nn.Sequential(nn.Flatten(), nn.Linear(4, 3, bias=False)).double(), loss=loss)
    wanted = torch.nn.functional.one_hot(labels, 3).double()
    solution = torch.linalg.lstsq(inputs.flatten(1), wanted).solution
    return AtState("final", network, solution.T.flatten(), inputs, labels, 3)


def rows(at: AtState, config: ParameterVolumeConfig, std: Tensor | None) -> list[ParameterVolumeRow]:
    """Return the rows of a state in all gauges."""
    return [row for region in regions(at, config, std) for row in rows_of_region(region, config)]


def by_method(at: AtState, config: ParameterVolumeConfig, std: float | None = None) -> dict[str, ParameterVolumeRow]:
    """Return the row of each method."""
    prior = None if std is None else torch.full_like(at.theta, std)
    return {row.method: row for row in rows(at, config, prior)}


@pytest.mark.parametrize("preconditioner", ["none", "diagonal"])
def test_a_quadratics_volume_is_its_ellipsoids_and_its_slope_half_the_dimension(preconditioner: str) -> None:
    found = by_method(linear_state(squared_error), replace(UNWEIGHTED, preconditioner=preconditioner))
    exact, drawn = found["ellipsoid"], found["monte-carlo"]
    assert (exact.verdict, drawn.verdict, exact.num_flat) == ("resolved", "resolved", 0)
    assert drawn.log_volume_nats == pytest.approx(exact.log_volume_nats, abs=5 * drawn.stderr + 0.01)
    assert drawn.d_log_volume_d_log_tolerance == pytest.approx(6, rel=2 * NATS_PER_RADIUS / 12)
    assert exact.d_log_volume_d_log_tolerance == 6


@pytest.mark.parametrize("preconditioner", ["none", "diagonal"])
def test_rays_from_the_state_say_that_they_do_not_resolve_directions_that_do_not_matter(preconditioner: str) -> None:
    found = by_method(linear_state(), ParameterVolumeConfig(tolerance=(0.001,), preconditioner=preconditioner), 1.0)
    assert found["saddlepoint"].verdict == "resolved"
    assert found["monte-carlo"].is_lower_bound
    assert found["monte-carlo"].log_volume_nats < found["saddlepoint"].log_volume_nats


def test_rays_from_the_centre_of_the_mass_resolve_directions_that_do_not_matter() -> None:
    config = ParameterVolumeConfig(tolerance=(0.001,), directions=400, preconditioner="low-rank")
    found = by_method(linear_state(), config, 1.0)
    saddle, drawn = found["saddlepoint"], found["monte-carlo"]
    assert drawn.verdict == "resolved"
    assert drawn.log_volume_nats == pytest.approx(saddle.log_volume_nats, abs=5 * drawn.stderr + 0.05)


def test_masses_under_a_prior_agree() -> None:
    config = ParameterVolumeConfig(behaviour="loss", tolerance=(0.001,), directions=1000)
    found = by_method(linear_state(squared_error), config, 1.0)
    saddle, drawn = found["saddlepoint"], found["monte-carlo"]
    assert drawn.log_volume_nats == pytest.approx(saddle.log_volume_nats, abs=5 * drawn.stderr + 0.05)
    assert drawn.d_log_volume_d_log_tolerance == pytest.approx(saddle.d_log_volume_d_log_tolerance or 0, rel=0.03)


def test_directions_that_do_not_matter_make_an_unweighted_volume_a_lower_bound() -> None:
    found = by_method(linear_state(), replace(UNWEIGHTED, behaviour="kl"))
    assert (found["ellipsoid"].num_flat, found["ellipsoid"].is_lower_bound) == (4, True)
    assert found["ellipsoid"].verdict == "flat directions"


def test_the_slope_is_the_difference_of_volumes() -> None:
    config = ParameterVolumeConfig(tolerance=(0.0999, 0.1001), method=("monte-carlo",), preconditioner="none")
    low, high = rows(linear_state(), config, torch.ones(12, dtype=torch.float64))
    difference = (high.log_volume_nats - low.log_volume_nats) / math.log(0.1001 / 0.0999)
    assert low.d_log_volume_d_log_tolerance == pytest.approx(difference, rel=0.02)


def test_classes_have_a_volume_without_slope_or_ellipsoid() -> None:
    (row,) = rows(linear_state(), ParameterVolumeConfig(behaviour="disagreement"), torch.ones(12, dtype=torch.float64))
    assert (row.method, row.d_log_volume_d_log_tolerance) == ("monte-carlo", None)
    assert math.isfinite(row.log_volume_nats)


def of_potential(**options: Any) -> ParameterVolumeRow:
    """Return the row of a potential's second derivatives."""
    config = ParameterVolumeConfig(method=("ellipsoid",), tolerance=(1e-3,), **options).filled()
    (row,) = rows_of_region(region_of_potential(config), config)
    return row


@pytest.mark.parametrize("weighting", ["prior", "none"])
def test_a_quadratic_potential_is_resolved_and_misses_nothing(weighting: str) -> None:
    row = of_potential(potential="quadratic", curvatures=(0.5, 1.0, 200.0), weighting=weighting)
    assert (row.verdict, row.is_lower_bound) == ("resolved", False)
    assert row.quadratic_correction_nats == pytest.approx(0, abs=1e-12)
    assert row.quadratic_ratio == pytest.approx(1)


def test_the_quadratic_of_a_quartic_does_not_hold_and_says_by_how_much() -> None:
    """To second order w^4 is 0, and the prior's whole mass is inside."""
    row = of_potential(potential="homogeneous", power=4, dimensions=2)
    assert (row.verdict, row.is_lower_bound, row.log_volume_nats) == ("quadratic does not hold", False, 0)
    assert row.quadratic_correction_nats is not None
    assert row.quadratic_correction_nats < -1


def trained_state(width: int, decay: float, loss: Loss = cross_entropy, max_iter: int = 200) -> AtState:
    """Return a tanh network of four inputs and three classes at a minimum of its loss with weight decay."""
    at = linear_state()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = mlp((1, 1, 4), 3, width=width, depth=1, activation=nn.Tanh).double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=max_iter, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        penalty = torch.stack([one.square().sum() for one in model.parameters()]).sum()
        found: Tensor = loss(model(at.inputs), at.labels, "mean") + decay / 2 * penalty
        found.backward()
        return found

    optimizer.step(closure)
    network = NetworkFunction(model, loss=loss)
    return at._replace(network=network, theta=network.parameters())


def test_the_quadratic_of_a_trained_network_holds_only_where_the_tolerance_is_small() -> None:
    config = ParameterVolumeConfig(tolerance=(1e-2, 1e-5), method=("ellipsoid",))
    large, small = rows(at := trained_state(2, 0.01), config, torch.ones_like(at.theta))
    assert (large.verdict, small.verdict) == ("quadratic does not hold", "resolved")
    assert abs(small.quadratic_correction_nats or 1) < 0.05
    assert abs((small.quadratic_ratio or 0) - 1) < 0.05


def test_a_network_that_nothing_changes_has_only_rays_without_an_end_and_no_slope() -> None:
    at = linear_state()
    still = at._replace(inputs=torch.zeros_like(at.inputs))
    found = by_method(still, replace(UNWEIGHTED, behaviour="kl", method=("monte-carlo",), directions=20))["monte-carlo"]
    assert (found.num_censored, found.d_log_volume_d_log_tolerance) == (20, None)
    assert found.is_lower_bound


def test_a_tolerance_below_rounding_is_refused() -> None:
    with pytest.raises(UsageError, match="--tolerance 1e-18 is below what rounding allows"):
        rows(linear_state(), replace(UNWEIGHTED, tolerance=(1e-18,)), None)


def test_a_rescaled_twin_has_the_same_balanced_volume_and_another_one_as_it_is() -> None:
    at = linear_state()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = NetworkFunction(mlp((1, 1, 4), 3, width=4).double())
    at = at._replace(network=network, theta=network.parameters())
    twin = at._replace(theta=rescaled(network, at.theta))
    config = ParameterVolumeConfig(directions=20, gauge=("rebalanced",))
    for method, row in by_method(at, config, 1.0).items():
        other = by_method(twin, config, 1.0)[method]
        assert other.log_volume_nats == pytest.approx(row.log_volume_nats, abs=1e-6)
    as_is = replace(config, gauge=("as-is",), method=("ellipsoid",))
    (own,), (others,) = (rows(one, as_is, torch.ones_like(at.theta)) for one in (at, twin))
    assert abs(own.log_volume_nats - others.log_volume_nats) > 1
