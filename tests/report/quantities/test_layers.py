"""Quantities of layers, from root mean squares whose distances and growths are known."""

import math
from dataclasses import replace

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.layers import DRIFT, GRADIENT_DRIFT, LAST_COSINE, LEAST_GROWTH, RESOLVED
from geomgen.report.quantity import VALUE, Quantity
from tests.report.made_up_runs import RunMaker, layer_row


def test_a_run_has_one_least_growth(make_run: RunMaker) -> None:
    rows = [
        layer_row("hidden1", "initial", 1.0), layer_row("hidden1", "final", 5.0),
        layer_row("hidden2", "initial", 1.0), layer_row("hidden2", "final", 3.0),
        layer_row("output", "initial", 2.0), layer_row("output", "final", 4.0),
    ]  # fmt: skip
    found = LEAST_GROWTH.rows(RunTables([make_run(tables={"layer_statistics": rows})])).frame
    assert found[VALUE].tolist() == pytest.approx([math.log(2)])


@pytest.mark.parametrize(
    ("quantity", "initial", "final"),
    [(DRIFT, math.log(4), math.log(9)), (GRADIENT_DRIFT, math.log(4), math.log(4)), (LAST_COSINE, 0.6, 0.9)],
)
def test_hidden_layers_from_the_first_to_the_last(
    make_run: RunMaker, quantity: Quantity, initial: float, final: float
) -> None:
    sizes = {"hidden1": (1.0, 1.0, 4.0), "hidden2": (0.1, 9.0, 7.0), "hidden3": (2.0, 3.0, 1.0), "output": (8, 8, 8)}
    rows = [
        replace(layer_row(layer, state, 1.0, post_rms=rms[place]), backward_mean_square=rms[2], cosine_mean=cosine)
        for place, (state, cosine) in enumerate((("initial", 0.6), ("final", 0.9)))
        for layer, rms in sizes.items()
    ]
    found = quantity.rows(RunTables([make_run(tables={"layer_statistics": rows})])).frame
    assert dict(zip(found["state"], found[VALUE], strict=True)) == pytest.approx({"initial": initial, "final": final})


@pytest.mark.parametrize(
    ("first", "last", "drift"),
    [
        (1.0, 0.0, -2 * math.log(RESOLVED[0])),
        (0.0, 1.0, -2 * math.log(RESOLVED[0])),
        (1.0, math.inf, 2 * math.log(RESOLVED[1])),
        (0.0, 0.0, math.nan),
        (math.inf, math.inf, math.nan),
    ],
)
def test_a_layer_of_zeros_is_as_far_as_float32_resolves(
    make_run: RunMaker, first: float, last: float, drift: float
) -> None:
    rows = [layer_row("hidden1", "final", 1.0, first), layer_row("hidden2", "final", 1.0, last)]
    run = make_run(tables={"layer_statistics": rows})
    assert DRIFT.rows(RunTables([run])).frame[VALUE].tolist() == pytest.approx([drift], nan_ok=True)


def test_a_layer_that_dies_grows_least(make_run: RunMaker) -> None:
    rows = [layer_row("hidden1", state, rms) for state, rms in (("initial", 1.0), ("final", 0.0))]
    found = LEAST_GROWTH.rows(RunTables([make_run(tables={"layer_statistics": rows})])).frame
    assert found[VALUE].tolist() == pytest.approx([math.log(RESOLVED[0])])


def test_gradients_of_earlier_versions_are_not_known(make_run: RunMaker) -> None:
    rows = [replace(layer_row(layer, "final", 1.0), backward_mean_square=None) for layer in ("hidden1", "hidden2")]
    run = make_run(tables={"layer_statistics": rows})
    assert GRADIENT_DRIFT.rows(RunTables([run])).frame.empty
