"""The reports that compare architectures, regularisation and layers, on made-up runs."""

from pathlib import Path
from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.reports import REPORTS
from geomgen.report.similarity import SUMMARY
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, layer_row, summary_row

LENET = FACTS | {"layers": ["conv1", "hidden2", "output"]}


@pytest.fixture
def make_run(tmp_path: Path) -> RunMaker:
    return RunMaker(tmp_path / "runs")


def report(name: str, *runs: Run) -> MadeReport:
    return REPORTS[name].build(RunTables(runs))


def trained(make_run: RunMaker, log_det: float, **options: Any) -> Run:
    return make_run({("initial", "data"): 100.0, ("final", "data"): log_det}, **options)


def test_architectures_are_told_apart_by_name_and_not_by_their_defaults(make_run: RunMaker) -> None:
    similar = [summary_row(state, "data", 0.7, 0.1) for state in ("initial", "final")]
    mlp = make_run({("initial", "data"): 5.0, ("final", "data"): 7.0}, tables={SUMMARY: similar}, width=64)
    lenet = make_run(tables={SUMMARY: similar}, arch="lenet5", facts=LENET)
    made = report("architectures", mlp, lenet)
    assert made.main.frame[["arch", "width"]].to_numpy().tolist() == [["lenet5", 84], ["mlp", 64]]
    assert "depth" not in made.main.frame
    assert made.main.layout["initial\nlog\ndet\nnats"].tolist() == ["-", "5"]
    assert made.main.layout["trained\ncosine"].tolist() == ["0.700", "0.700"]
    assert [ax.get_ylabel() for ax in made.figures[0].draw().axes] == [
        "Mean cosine similarity of pairs", "Standard deviation over pairs", "Log determinant (nats)",
        "Participation ratio (dimensions)",
    ]  # fmt: skip
    assert made.notes == ()


def test_architectures_need_only_one_of_the_tables(make_run: RunMaker) -> None:
    made = report("architectures", trained(make_run, 7.0))
    assert made.main.frame["trained_log_det_nats"].tolist() == [7]
    with pytest.raises(NoDataError, match="No complete run has similarities or volumes"):
        report("architectures", make_run(epochs_done=1))


def test_weight_decay_and_epochs_each_with_an_interval_and_an_answer(make_run: RunMaker) -> None:
    runs = [trained(make_run, 200.0 + seed, seed=seed) for seed in range(3)]
    runs += [trained(make_run, 150.0 + 2 * seed, seed=seed, weight_decay=0.1) for seed in range(3)]
    runs += [trained(make_run, 300.0, epochs=30)]
    made = report("regularisation", *runs)
    frame = made.main.frame.set_index("option")
    decay = frame.loc["weight_decay"]
    assert (decay["from"], decay["to"], decay["change_nats"], decay["seeds"]) == (0.01, 0.1, pytest.approx(-49), 3)
    half = 4.302652729696142 / 3**0.5
    assert (decay["low_nats"], decay["high_nats"]) == pytest.approx((-49 - half, -49 + half))
    assert made.main.layout["holds"].tolist() == ["yes", "undecided"]
    assert made.main.layout["change (nats)"].tolist() == ["-49", "+100"]
    assert [figure.name for figure in made.figures] == ["regularisation-weight-decay", "regularisation-epochs"]
    labels = made.figures[0].draw().legends[0].get_texts()
    assert [label.get_text() for label in labels] == ["before training", "weight decay 0.01", "weight decay 0.1"]


def test_no_two_runs_to_compare(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match="No two runs differ in weight decay, or in epochs, alone"):
        report("regularisation", trained(make_run, 1.0))
    with pytest.raises(NoDataError, match="with the same seed"):
        report("regularisation", trained(make_run, 1.0), trained(make_run, 1.0, epochs=1, seed=1))


def test_layers_in_the_order_of_the_network(make_run: RunMaker) -> None:
    rows = [layer_row(layer, state, 2.0) for state in ("final", "initial") for layer in ("z", "b", "a")]
    made = report("unit-variance", make_run(tables={"layer_statistics": rows}))
    assert made.main.layout["layer"].tolist() == ["z", "b", "a"] * 2
    assert made.main.layout["state"].tolist() == ["initial"] * 3 + ["trained"] * 3
    axes = made.figures[0].draw().axes
    assert [ax.get_ylabel() for ax in axes] == [
        "Variance of the linear output (hollow: trained)",
        "Norm of the gradient (nats; hollow: trained)",
    ]
    assert axes[0].lines[0].get_ydata() == pytest.approx([4, 4, 4])


def test_a_network_of_which_one_state_was_measured_is_named_too(make_run: RunMaker) -> None:
    (figure,) = report("unit-variance", make_run(tables={"layer_statistics": [layer_row("a", "final", 2.0)]})).figures
    (legend,) = figure.draw().legends
    assert [words.get_text() for words in legend.get_texts()] == ["mlp, width 512"]


def test_layers_are_compared_at_the_width_of_most_options(make_run: RunMaker) -> None:
    tables = {"layer_statistics": [layer_row("a", state, 2.0) for state in ("initial", "final")]}
    options = ({"width": 64}, {"width": 32}, {"width": 32, "layer_norm": True}, {"width": 32, "optimizer": "sgd"})
    (figure,) = report("unit-variance", *(make_run(tables=tables, **changed) for changed in options)).figures
    (legend,) = figure.draw().legends
    assert [words.get_text() for words in legend.get_texts()] == [
        "mlp, width 32",
        "mlp, width 32, layer norm True",
        "mlp, width 32, optimizer sgd",
    ]
