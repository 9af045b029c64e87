"""Paths to the surface: exact for a product and for linear networks, bounded below by the nearest point for others."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.measures.equations import equations
from geomgen.measures.nearest_point import Paths, paths, summary
from geomgen.numerics.surface import Ends, gradient_flow

SMALL = NearestPointConfig(inputs=3, train_size=3, networks=20, width=6)


def _found(config: NearestPointConfig) -> Paths:
    return paths(equations(config), config)


def test_nothing_is_nearer_than_the_nearest_point() -> None:
    found = _found(SMALL)
    assert found.is_found.all()
    for row in found.rows:
        assert row.distance_nearest is not None
        assert row.distance_nearest <= row.distance_trained * (1 + 1e-9)
        assert row.num_agreeing <= row.num_found <= 4
        assert row.curvature is not None
        assert row.curvature > 0


def test_training_ends_at_the_nearest_point_as_width_grows() -> None:
    ratios = [
        summary(found.rows, equations(config)).distance_ratio
        for config in (NearestPointConfig(inputs=3, train_size=3, networks=20, width=width, parametrisation="ntk")
                       for width in (4, 256))
        if (found := paths(equations(config), config))
    ]  # fmt: skip
    assert ratios[0] is not None
    assert ratios[1] is not None
    assert 1 <= ratios[1] < 1 + (ratios[0] - 1) / 4


def test_an_integrator_of_scipy_ends_where_the_flow_does() -> None:
    config = NearestPointConfig(inputs=3, train_size=3, networks=20, width=6, parametrisation="ntk")
    problem = equations(config)
    ends = gradient_flow(problem.moved, problem.origins[:2]).points

    def follow(_time: float, point: NDArray[np.float64]) -> NDArray[np.float64]:
        residuals, rows = problem.moved.jacobian(torch.from_numpy(point)[None])
        return -(residuals[:, None] @ rows)[0, 0].numpy()

    for origin, end in zip(problem.origins, ends, strict=False):
        wanted = solve_ivp(follow, (0, 1000), origin.numpy(), "LSODA", rtol=1e-8, atol=1e-10).y[:, -1]
        assert np.linalg.norm(end.numpy() - wanted) < 1e-4 * np.linalg.norm(wanted - origin.numpy())


def test_networks_without_a_nearest_point_are_left_out() -> None:
    rows = _found(SMALL).rows
    row = summary([*rows[:-1], replace(rows[-1], num_found=0)], equations(SMALL))
    assert (row.num_networks, row.num_converged) == (20, len(rows) - 1)
    nothing = summary([], equations(SMALL))
    assert (nothing.num_converged, nothing.distance_ratio, nothing.log10_curvature_range) == (0, None, None)


def test_where_no_search_converges_there_is_no_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "geomgen.measures.nearest_point.nearest_points",
        lambda _system, _origins, starts: Ends(starts, torch.zeros(len(starts), dtype=torch.bool)),
    )
    found = _found(SMALL)
    assert [(row.distance_nearest, row.num_found) for row in found.rows] == [(None, 0)] * len(found.rows)
    assert len(found.rows) > 0
    assert summary(found.rows, equations(SMALL)).num_converged == 0


def test_a_flat_surface_has_no_logarithm_of_its_curvature() -> None:
    rows = [replace(row, curvature=0.0) for row in _found(SMALL).rows]
    row = summary(rows, equations(SMALL))
    assert (row.log10_curvature, row.log10_curvature_range, row.log_curvature_std) == (None, None, None)


def test_what_cannot_be_fitted_has_no_row() -> None:
    linear = NearestPointConfig(inputs=3, train_size=8, networks=20, width=4, activation="identity", target="parity")
    assert _found(linear).rows == []
