"""Free energies of regions against closed forms, and beside the other routes to the volume of one checkpoint."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures import free_energy
from geomgen.measures.at_state import AtState
from geomgen.measures.parameter_volume import rows
from geomgen.measures.potential_region import region_of_potential
from geomgen.measures.region import region_of_network
from geomgen.progress import silent
from geomgen.tables.parameter_volume import FreeEnergyRow, ParameterVolumeRow
from tests.measures.test_parameter_volume import trained_state

SHORT: dict[str, Any] = {
    "method": ("free-energy",), "rungs": 15, "draws": 150, "burn_in": 60, "leapfrog_steps": 4,
}  # fmt: skip


def of_potential(**options: Any) -> tuple[ParameterVolumeRow, list[FreeEnergyRow]]:
    config = ParameterVolumeConfig(**(SHORT | options)).filled()
    (row,), rungs = free_energy.rows(region_of_potential(config), config, silent)
    return row, rungs


@pytest.mark.parametrize("preconditioner", ["diagonal", "low-rank"])
def test_a_quadratics_free_energy_and_mass_are_exact(preconditioner: str) -> None:
    """-ln Z = 1/2 sum ln(1 + n beta h_i s^2) at every weight: |z| < 5."""
    curvatures, std = (2.0,) * 6, 0.7
    row, rungs = of_potential(
        potential="quadratic", curvatures=curvatures, prior_std=std, tolerance=(0.02,), preconditioner=preconditioner
    )
    for rung in rungs[1:]:
        wanted = sum(math.log1p(rung.inverse_temperature * h * std**2) for h in curvatures) / 2
        assert abs(rung.free_energy_nats - wanted) < 5 * rung.free_energy_stderr_nats
    assert (rungs[0].inverse_temperature, rungs[0].free_energy_nats, len(rungs)) == (0, 0, 16)
    assert (row.verdict, row.num_rungs, row.preconditioner) == ("resolved", 15, preconditioner)
    assert row.log_volume_theory_nats is not None
    assert row.stderr < 0.5
    assert abs(row.log_volume_nats - row.log_volume_theory_nats) < 5 * row.stderr
    assert abs(
        (row.d_log_volume_d_log_tolerance or 0) - (row.d_log_volume_d_log_tolerance_theory or 0)
    ) < 5 * (row.d_log_volume_d_log_tolerance_stderr or 0)  # fmt: skip


def test_two_basins_that_rays_from_one_do_not_see_are_both_counted() -> None:
    """As the tolerance falls, the second basin has exp(-ln V ratio) = sqrt(1/4) of the first one's volume."""
    options: dict[str, Any] = {
        "potential": "two-basins", "curvatures": (1.0, 1.0), "other_curvatures": (4.0, 1.0), "tolerance": (5e-4,),
    }  # fmt: skip
    row, _ = of_potential(**options)
    config = ParameterVolumeConfig(**options, method=("monte-carlo",), directions=1000).filled()
    (alone,) = rows(region_of_potential(config), config)
    ratio = math.exp(row.log_volume_nats - alone.log_volume_nats)
    assert row.verdict == "resolved"
    assert ratio == pytest.approx(1.5, abs=1.5 * (5 * math.hypot(row.stderr, alone.stderr) + 0.05))
    assert ratio > 1.2


def routes(at: AtState, tolerance: float, **options: Any) -> list[ParameterVolumeRow]:
    """Return the rows of second derivatives, of rays and of the free energy."""
    region = region_of_network(at, "kl", torch.ones_like(at.theta))
    config = ParameterVolumeConfig(
        **(SHORT | options), tolerance=(tolerance,), directions=1000, preconditioner="low-rank"
    ).filled()
    of_region = rows(region, replace(config, method=("ellipsoid", "monte-carlo")))
    return of_region + free_energy.rows(region, config, silent)[0]


def assert_slopes_agree(*pair: ParameterVolumeRow) -> None:
    one, other = (row.d_log_volume_d_log_tolerance or 0 for row in pair)
    errors = (row.d_log_volume_d_log_tolerance_stderr or 0 for row in pair)
    assert abs(one - other) < 5 * math.hypot(*errors) + 0.03 * one


def test_four_routes_agree_on_a_trained_network_whose_copies_by_symmetry_chains_alone_count() -> None:
    """Of one unit of tanh there are two, w and -w: the free energy finds ln 2 more than routes around the state."""
    saddle, drawn, energy = routes(trained_state(1, 0.001), 1e-5)
    assert [row.verdict for row in (saddle, drawn, energy)] == ["resolved"] * 3
    missed, error = saddle.quadratic_correction_nats or 0, saddle.quadratic_correction_stderr_nats or 0
    assert abs(drawn.log_volume_nats - saddle.log_volume_nats - missed) < 5 * math.hypot(drawn.stderr, error) + 0.05
    assert abs(energy.log_volume_nats - drawn.log_volume_nats - math.log(2)) < 5 * energy.stderr + 0.05
    assert energy.stderr < 0.5
    assert not any(row.is_lower_bound for row in (saddle, drawn, energy))
    assert_slopes_agree(saddle, drawn)
    assert_slopes_agree(saddle, energy)


def test_second_derivatives_and_rays_agree_on_a_network_that_was_stopped_early_without_weight_decay() -> None:
    at = trained_state(2, 0.0, max_iter=20)
    region, config = region_of_network(at, "kl", torch.ones_like(at.theta)), ParameterVolumeConfig(tolerance=(1e-6,))
    saddle, drawn = rows(region, replace(config, directions=1000, preconditioner="low-rank"))
    assert [row.verdict for row in (saddle, drawn)] == ["resolved"] * 2
    assert drawn.log_volume_nats == pytest.approx(saddle.log_volume_nats, abs=5 * drawn.stderr + 0.05)
    assert_slopes_agree(saddle, drawn)


def test_chains_that_do_not_mix_say_so() -> None:
    options: dict[str, Any] = {"potential": "quadratic", "curvatures": (1e-3, 1e6), "preconditioner": "none"}
    row, _ = of_potential(**options, draws=20, burn_in=1, leapfrog_steps=1, tolerance=(1e-4,))
    assert row.verdict == "not mixed"


def test_a_change_that_a_prior_makes_infinite_is_refused() -> None:
    with pytest.raises(UsageError, match="The loss of homogeneous is inf at draws of the prior"):
        of_potential(potential="homogeneous", power=20, prior_std=1e30)
