"""Free energies of regions against closed forms, and beside the other routes to the volume of one checkpoint."""

import math
from typing import Any

import pytest
import torch
from torch import nn

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.errors import UsageError
from geomgen.measures import free_energy
from geomgen.measures.parameter_volume import rows
from geomgen.measures.potential_region import region_of_potential
from geomgen.measures.region import region_of_network
from geomgen.models.functional.network import NetworkFunction
from geomgen.models.mlp import mlp
from geomgen.progress import silent
from geomgen.tables.parameter_volume import FreeEnergyRow, ParameterVolumeRow
from tests.measures.test_parameter_volume import linear_state

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


def test_four_routes_agree_on_one_checkpoint() -> None:
    """Its divergence is convex: one region, without copies of it anywhere."""
    at = linear_state()
    region = region_of_network(at, "kl", torch.ones_like(at.theta))
    config = ParameterVolumeConfig(
        **(SHORT | {"method": ("ellipsoid", "monte-carlo", "free-energy"), "draws": 200}),
        tolerance=(0.001,), directions=1000, preconditioner="low-rank",
    ).filled()  # fmt: skip
    saddle, drawn = rows(region, config)
    (energy,), _ = free_energy.rows(region, config, silent)
    assert [row.verdict for row in (saddle, drawn, energy)] == ["resolved"] * 3
    assert not any(row.is_lower_bound for row in (saddle, drawn, energy))
    assert energy.stderr < 0.3
    for row in (saddle, drawn):
        assert abs(row.log_volume_nats - energy.log_volume_nats) < 5 * math.hypot(row.stderr, energy.stderr) + 0.05
        slopes = row.d_log_volume_d_log_tolerance or 0, energy.d_log_volume_d_log_tolerance or 0
        errors = row.d_log_volume_d_log_tolerance_stderr or 0, energy.d_log_volume_d_log_tolerance_stderr or 0
        assert abs(slopes[0] - slopes[1]) < 5 * math.hypot(*errors) + 0.03 * slopes[0]


def test_copies_of_a_network_by_symmetry_are_counted_by_chains_alone() -> None:
    """Of one unit of tanh there are two, w and -w: the free energy finds ln 2 more than the ellipsoid."""
    at = linear_state()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = NetworkFunction(mlp((1, 1, 4), 3, width=1, depth=1, activation=nn.Tanh).double())
    theta = 1.5 * network.parameters() / network.parameters().square().mean().sqrt()
    region = region_of_network(at._replace(network=network, theta=theta), "kl", torch.full_like(theta, 1.5))
    config = ParameterVolumeConfig(**SHORT, tolerance=(1e-5,), preconditioner="low-rank", prior_std=1.5).filled()
    (saddle,) = rows(region, ParameterVolumeConfig(method=("ellipsoid",), tolerance=(1e-5,), prior_std=1.5))
    (energy,), _ = free_energy.rows(region, config, silent)
    more = energy.log_volume_nats - saddle.log_volume_nats
    assert abs(more - math.log(2)) < 5 * energy.stderr + 0.1
    assert energy.stderr < 0.5


def test_chains_that_do_not_mix_say_so() -> None:
    options: dict[str, Any] = {"potential": "quadratic", "curvatures": (1e-3, 1e6), "preconditioner": "none"}
    row, _ = of_potential(**options, draws=20, burn_in=1, leapfrog_steps=1, tolerance=(1e-4,))
    assert row.verdict == "not mixed"


def test_a_change_that_a_prior_makes_infinite_is_refused() -> None:
    with pytest.raises(UsageError, match="The loss of homogeneous is inf at draws of the prior"):
        of_potential(potential="homogeneous", power=20, prior_std=1e30)
