"""Volumes around potentials by the routes that networks are measured with, against closed forms."""

import math
import statistics
from pathlib import Path
from typing import Any

import pytest
import torch

from geomgen.config.parameter_volume import ParameterVolumeConfig
from geomgen.measures.parameter_volume import rows
from geomgen.measures.potential_region import region_of_potential
from geomgen.tables.parameter_volume import ParameterVolumeRow

STIFF = tuple(torch.logspace(0, 4, 100, dtype=torch.float64).tolist())
UNWEIGHTED: dict[str, Any] = {"weighting": "none"}


def by_method(**options: Any) -> dict[str, ParameterVolumeRow]:
    config = ParameterVolumeConfig(**options).filled()
    return {row.method: row for row in rows(region_of_potential(config), config)}


@pytest.mark.parametrize("directions", [100, 1000])
def test_plain_rays_miss_most_of_a_stiff_quadratic_and_say_so(directions: int) -> None:
    """The largest of few masses decides, so that a median over seeds is compared with what is published."""
    options = UNWEIGHTED | {"potential": "quadratic", "curvatures": STIFF, "directions": directions}
    exact = by_method(**options, method=("ellipsoid",))["ellipsoid"]
    plain = options | {"preconditioner": "none", "method": ("monte-carlo",)}
    found = [by_method(**plain, seed=seed)["monte-carlo"] for seed in range(9)]
    assert exact.log_volume_nats == pytest.approx(-517.10, abs=0.005)
    assert exact.log_volume_theory_nats == pytest.approx(exact.log_volume_nats, abs=1e-8)
    assert statistics.median(row.log_volume_nats for row in found) == pytest.approx(
        {100: -608, 1000: -597}[directions], abs=6
    )
    assert all(row.is_lower_bound and row.stderr < 2 for row in found)
    better = by_method(**options, preconditioner="diagonal")["monte-carlo"]
    assert better.verdict == "resolved"
    assert better.log_volume_nats == pytest.approx(-517.10, abs=0.1)


@pytest.mark.parametrize(
    ("options", "slope"),
    [
        ({"potential": "quadratic", "curvatures": (0.5, 1.0, 2.0)}, 1.5),
        ({"potential": "homogeneous", "power": 4, "dimensions": 1}, 1 / 4),
        ({"potential": "homogeneous", "power": 6, "dimensions": 3}, 1 / 2),
    ],
)
def test_the_slope_of_a_volume_is_the_learning_coefficient(options: dict[str, Any], slope: float) -> None:
    drawn = by_method(**UNWEIGHTED, **options, method=("monte-carlo",), directions=2000)["monte-carlo"]
    assert drawn.d_log_volume_d_log_tolerance_theory == pytest.approx(slope)
    assert drawn.d_log_volume_d_log_tolerance == pytest.approx(slope, rel=0.01)
    assert drawn.verdict == "resolved"
    assert drawn.log_volume_nats == pytest.approx(drawn.log_volume_theory_nats, abs=5 * drawn.stderr + 0.01)


def test_a_crossing_fills_its_cube_with_a_logarithm() -> None:
    options: dict[str, Any] = {"potential": "normal-crossing", "power": 2, "method": ("monte-carlo",)}
    drawn = by_method(**UNWEIGHTED, **options, directions=4000, preconditioner="none")["monte-carlo"]
    depth = math.log(100) / 2  # V = 4 (1 + s) exp(-s)
    assert drawn.log_volume_theory_nats == pytest.approx(math.log(4 * (1 + depth)) - depth)
    assert drawn.d_log_volume_d_log_tolerance_theory == pytest.approx(depth / (1 + depth) / 2)
    assert drawn.log_volume_nats == pytest.approx(drawn.log_volume_theory_nats, abs=5 * drawn.stderr + 0.01)


@pytest.mark.parametrize("std", [0.5, 3.0])
def test_the_mass_of_a_ball_is_known_under_a_prior(std: float) -> None:
    options: dict[str, Any] = {"potential": "quadratic", "curvatures": (2.0,) * 12, "prior_std": std}
    found = by_method(**options, directions=500)
    for row in found.values():
        assert row.log_volume_nats == pytest.approx(row.log_volume_theory_nats, abs=5 * row.stderr + 0.02)
        assert row.d_log_volume_d_log_tolerance == pytest.approx(row.d_log_volume_d_log_tolerance_theory, rel=0.02)


def test_a_file_of_ones_own_has_a_volume_that_is_not_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    bowl = tmp_path / "bowl_of_a_volume.py"
    bowl.write_text("centre = [1.0, 0.0]\ndef loss(points): return (points[:, 0] - 1) ** 2 + points[:, 1] ** 2 / 4")
    found = by_method(**UNWEIGHTED, potential=str(bowl))
    assert {row.state for row in found.values()} == {"bowl_of_a_volume"}
    for row in found.values():
        assert (row.log_volume_theory_nats, row.behaviour, row.num_samples) == (None, "loss", None)
        assert row.log_volume_nats == pytest.approx(math.log(math.pi * 0.1 * 0.2), abs=5 * row.stderr + 0.01)
