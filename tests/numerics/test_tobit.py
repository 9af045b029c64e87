"""Censored regression against least squares, a direct maximisation, and a known truth."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from geomgen.numerics.tobit import tobit

SOURCE = np.random.default_rng(0)
DESIGN = np.column_stack([np.ones(15), SOURCE.normal(size=(15, 2))])
Y = DESIGN @ [1.0, 2.0, -1.0] + SOURCE.normal(size=15)


def test_without_bounds_it_is_least_squares() -> None:
    found = tobit(DESIGN, Y, np.zeros(15, int))
    solution, squares, *_ = np.linalg.lstsq(DESIGN, Y)
    assert found.solution == pytest.approx(solution)
    assert found.stderr == pytest.approx(np.sqrt(squares[0] / 12 * np.linalg.inv(DESIGN.T @ DESIGN).diagonal()))


def test_it_finds_the_maximum_of_the_likelihood_and_its_curvature() -> None:
    bounds = (Y > 2).astype(int) - (Y < -1)
    y = np.clip(Y, -1, 2)
    assert {-1, 0, 1} == set(bounds)

    def loss(point: np.ndarray) -> float:
        z = (y - DESIGN @ point[:-1]) * np.exp(-point[-1])
        certain = norm.logpdf(z) - point[-1]
        return -float(np.where(bounds == 0, certain, np.where(bounds > 0, norm.logsf(z), norm.logcdf(z))).sum())

    theirs = minimize(loss, np.zeros(4), method="BFGS", tol=1e-9)
    found = tobit(DESIGN, y, bounds)
    assert found.solution == pytest.approx(theirs.x[:-1], abs=1e-4)
    steps = 1e-4 * np.eye(4)
    hessian = [
        [sum(a * b * loss(theirs.x + a * one + b * two) for a in (1, -1) for b in (1, -1)) / 4e-8 for one in steps]
        for two in steps
    ]
    variances = np.linalg.inv(np.array(hessian)).diagonal()[:-1] * 15 / 12
    assert found.stderr == pytest.approx(np.sqrt(variances), rel=1e-3)


def test_undetermined_coefficients_are_unknown() -> None:
    only_bounds = np.ones(15, int)
    assert np.isnan(tobit(DESIGN, Y, only_bounds).solution).all()
    only_bounds[:3] = 0
    found = tobit(DESIGN, Y, only_bounds)
    assert np.isnan(found.stderr).all()
    assert not np.isnan(found.solution).any()


def test_a_search_that_does_not_end_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geomgen.numerics.tobit.MOST_STEPS", 1)
    assert np.isnan(tobit(DESIGN, Y, (Y > 1).astype(int)).solution).all()


def test_certain_points_without_residuals_leave_the_spread_unknown() -> None:
    y, bounds = DESIGN @ [1.0, 2.0, -1.0], np.zeros(15, int)
    bounds[3:6] = 1
    assert np.isnan(tobit(DESIGN, np.round(DESIGN @ [0.0, 0.0, 0.0]), bounds).stderr).all()
    assert tobit(DESIGN, y, bounds).solution == pytest.approx([1, 2, -1])
