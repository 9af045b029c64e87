"""The effect of weight decay and of epochs, with an interval and an answer."""

from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


def trained(make_run: RunMaker, log_det: float, **options: Any) -> Run:
    return make_run({("initial", "data"): 100.0, ("final", "data"): log_det}, **options)


def test_weight_decay_and_epochs_each_with_an_interval_and_an_answer(make_run: RunMaker) -> None:
    runs = [trained(make_run, 200.0 + seed, seed=seed) for seed in range(3)]
    runs += [trained(make_run, 150.0 + 2 * seed, seed=seed, weight_decay=0.1) for seed in range(3)]
    runs += [trained(make_run, 300.0, epochs=30)]
    made = report("regularisation", runs)
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
    with pytest.raises(NoDataError, match="No two runs differ only in weight decay, or only in epochs"):
        report("regularisation", [trained(make_run, 1.0)])
    with pytest.raises(NoDataError, match="and the same seed"):
        report("regularisation", [trained(make_run, 1.0), trained(make_run, 1.0, epochs=1, seed=1)])
