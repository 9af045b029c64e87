"""Quantities of critical points: repeats count once, and what is fitted is what was made up."""

import math

import numpy as np
import pandas as pd
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.critical_points import (
    CRITICAL_SHARE,
    DISTINCT,
    FLAT_SHARE,
    INDEX_CORRELATION,
    INDEX_EXPONENT,
    LAW_RESIDUAL,
    LOG_BY_SIGNS,
    LOG_MINIMA,
    LOG_OF_RANDOM,
    LOWEST_INDEX,
    LOWEST_LOSS,
    MEAN_INDEX,
    MINIMA,
    SADDLE_SHARE,
    SADDLES,
    fitted_law,
)
from geomgen.report.quantity import VALUE, Quantity
from geomgen.store.run import Run
from geomgen.theory.random_matrices import index_at
from tests.report.made_up_critical_points import row
from tests.report.made_up_runs import RunMaker

DIMENSION = 100
POINTS = [
    row(0, 0.5, 0, DIMENSION),
    row(1, 0.5 * (1 + 1e-8), 0, DIMENSION),
    row(2, 0.6, 5, DIMENSION),
    row(3, 0.6, 6, DIMENSION),
    row(4, 0.7, 10, DIMENSION),
    row(5, 0.8, 20, DIMENSION),
    row(6, 0.1, 50, DIMENSION, "gradient-flat"),
    row(7, 0.2, 50, DIMENSION, "unconverged"),
]


def _value(run: Run, quantity: Quantity) -> float:
    return float(quantity.of().of_all(RunTables([run]))[VALUE].iloc[0])


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (CRITICAL_SHARE, 6 / 8),
        (FLAT_SHARE, 1 / 8),
        (DISTINCT, 5),
        (SADDLES, 4),
        (MINIMA, 1),
        (SADDLE_SHARE, 4 / 5),
        (LOG_MINIMA, math.log(1.5 / 6)),
        (MEAN_INDEX, 0.41 / 5),
        (LOWEST_INDEX, 0),
        (LOG_BY_SIGNS, 100 * math.log(1 - 0.082)),
        (LOG_OF_RANDOM, -math.log(3) / 4 * 100**2),
    ],
)
def test_of_points_that_are_known(make_run: RunMaker, quantity: Quantity, expected: float) -> None:
    assert _value(make_run(tables={"critical_points": POINTS}), quantity) == pytest.approx(expected)


def test_few_points_have_no_correlation_law_or_exponent(make_run: RunMaker) -> None:
    run = make_run(tables={"critical_points": POINTS[:4]})
    for quantity in (INDEX_CORRELATION, INDEX_EXPONENT, LOWEST_LOSS, LAW_RESIDUAL, LOWEST_INDEX):
        assert math.isnan(_value(run, quantity))
    none = make_run(tables={"critical_points": POINTS[6:]})
    assert math.isnan(_value(none, SADDLE_SHARE))
    assert _value(none, DISTINCT) == 0


def test_the_law_that_made_points_is_found() -> None:
    losses = np.linspace(1.1, 2.0, 12)
    points = pd.DataFrame({"penalised_loss": losses, "index": index_at(losses, 1.0, 3.0)})
    assert fitted_law(points) == pytest.approx((1.0, 3.0, 0.0), abs=1e-6)


def test_where_the_index_falls_with_the_loss_there_is_no_law() -> None:
    losses = np.linspace(1.1, 2.0, 12)
    assert np.isnan(fitted_law(pd.DataFrame({"penalised_loss": losses, "index": 0.5 - 0.2 * losses}))).all()


def test_the_exponent_of_a_power_is_its_power(make_run: RunMaker) -> None:
    points = [row(0, 1.0, 0, 10**6)]
    points += [row(place, 1 + place / 10, round(1e4 * place**1.5), 10**6) for place in range(1, 8)]
    run = make_run(tables={"critical_points": points})
    assert _value(run, INDEX_EXPONENT) == pytest.approx(1.5, abs=1e-4)
    assert _value(run, INDEX_CORRELATION) == pytest.approx(1)
