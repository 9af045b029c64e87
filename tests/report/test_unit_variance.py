"""Statistics of layers in the order of the network, and its figure."""

from typing import Any

import pytest

from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker, layer_row, training_row
from tests.report.reading import report


def trained(make_run: RunMaker, log_det: float, **options: Any) -> Run:
    return make_run({("initial", "data"): 100.0, ("final", "data"): log_det}, **options)


def test_layers_in_the_order_of_the_network(make_run: RunMaker) -> None:
    rows = [layer_row(layer, state, 2.0) for state in ("final", "initial") for layer in ("z", "b", "a")]
    made = report("unit-variance", [make_run(tables={"layer_statistics": rows})])
    assert made.main.layout["layer"].tolist() == ["z", "b", "a"] * 2
    assert made.main.layout["state"].tolist() == ["initial"] * 3 + ["trained"] * 3
    axes = made.figures[0].draw().axes
    assert [ax.get_ylabel() for ax in axes] == ["Variance of the linear output", "Norm of the gradient of the loss"]
    assert axes[0].lines[0].get_ydata() == pytest.approx([4, 4, 4])


def test_a_network_of_which_one_state_was_measured_is_named_too(make_run: RunMaker) -> None:
    (figure,) = report("unit-variance", [make_run(tables={"layer_statistics": [layer_row("a", "final", 2.0)]})]).figures
    (legend,) = figure.draw().legends
    assert [words.get_text() for words in legend.get_texts()] == ["mlp, width 512, trained"]


def test_states_along_the_way_are_in_the_table_alone(make_run: RunMaker) -> None:
    rows = [layer_row("a", "step-000001", 2.0)]
    made = report("unit-variance", [make_run(tables={"layer_statistics": rows, "training": [training_row(1)]})])
    assert made.main.layout["state"].tolist() == ["step-000001"]
    assert not made.figures


def test_layers_are_compared_at_the_width_of_most_options(make_run: RunMaker) -> None:
    tables = {"layer_statistics": [layer_row("a", state, 2.0) for state in ("initial", "final")]}
    options = ({"width": 64}, {"width": 32}, {"width": 32, "layer_norm": True}, {"width": 32, "optimizer": "sgd"})
    (figure,) = report("unit-variance", (make_run(tables=tables, **changed) for changed in options)).figures
    assert list(dict.fromkeys(figure.numbers["series"])) == [
        "mlp, width 32",
        "mlp, width 32, layer norm True",
        "mlp, width 32, optimizer sgd",
    ]
