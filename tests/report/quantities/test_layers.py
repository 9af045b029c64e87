"""Quantities of layers, from root mean squares whose distances and growths are known."""

import math

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.layers import DISTANCE_FROM_UNIT_VARIANCE, LEAST_GROWTH
from geomgen.report.quantity import VALUE, Quantity
from tests.report.made_up_runs import RunMaker, layer_row

HALF = math.sqrt(0.5)


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [(DISTANCE_FROM_UNIT_VARIANCE, (math.log(4) + math.log(9)) / 2), (LEAST_GROWTH, math.log(2))],
)
def test_a_run_has_one_number(make_run: RunMaker, quantity: Quantity, expected: float) -> None:
    rows = [
        layer_row("hidden1", "initial", 1.0, HALF), layer_row("hidden1", "final", 5.0, 2 * HALF),
        layer_row("hidden2", "initial", 1.0, HALF), layer_row("hidden2", "final", 3.0, HALF / 3),
        layer_row("output", "initial", 2.0, 1.0), layer_row("output", "final", 4.0, 7.0),
    ]  # fmt: skip
    found = quantity.rows(RunTables([make_run(tables={"layer_statistics": rows})])).frame
    assert found[VALUE].tolist() == pytest.approx([expected])


def test_a_layer_of_zeros_is_infinitely_far(make_run: RunMaker) -> None:
    run = make_run(tables={"layer_statistics": [layer_row("hidden1", "final", 1.0, 0.0)]})
    assert DISTANCE_FROM_UNIT_VARIANCE.rows(RunTables([run])).frame[VALUE].tolist() == [math.inf]
