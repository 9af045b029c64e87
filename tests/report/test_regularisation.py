"""The effect of weight decay and of epochs, with an interval, and the claim that judges it."""

from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


def trained(make_run: RunMaker, log_det: float, **options: Any) -> Run:
    return make_run({("initial", "data"): 100.0, ("final", "data"): log_det}, **options)


def test_weight_decay_and_epochs_each_with_an_interval_and_the_claim_that_judges_it(make_run: RunMaker) -> None:
    runs = [trained(make_run, 200.0 + seed, seed=seed) for seed in range(3)]
    runs += [trained(make_run, 150.0 + 2 * seed, seed=seed, weight_decay=0.1) for seed in range(3)]
    runs += [trained(make_run, 300.0, epochs=30)]
    made = report("regularisation", runs)
    frame = made.main.frame.set_index("option")
    decay = frame.loc["weight_decay"]
    assert (decay["from"], decay["to"], decay["change_nats"], decay["seeds"]) == (0.01, 0.1, pytest.approx(-49), 3)
    half = 4.302652729696142 / 3**0.5
    assert (decay["low_nats"], decay["high_nats"]) == pytest.approx((-49 - half, -49 + half))
    assert made.main.layout["claim"].tolist() == ["T1.13b", "T1.13c"]
    assert made.main.layout["change\nnats"].tolist() == ["-49", "+100"]
    assert made.main.layout["low\nnats"].tolist() == ["-51", "-"]
    assert [figure.name for figure in made.figures] == ["regularisation-weight-decay", "regularisation-epochs"]
    labels = made.figures[0].draw().legends[0].get_texts()
    assert [label.get_text() for label in labels] == ["before training", "weight decay 0.01", "weight decay 0.1"]


def test_no_two_runs_to_compare(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match="No two runs differ only in weight decay, or only in epochs"):
        report("regularisation", [trained(make_run, 1.0)])
    with pytest.raises(NoDataError, match="and the same seed"):
        report("regularisation", [trained(make_run, 1.0), trained(make_run, 1.0, epochs=1, seed=1)])


def test_each_width_has_an_interval_of_its_own_seeds(make_run: RunMaker) -> None:
    runs = [
        trained(make_run, 200.0 - decay * (100 + 10 * seed * (width > 64)), width=width, seed=seed, weight_decay=decay)
        for width in (64, 512) for decay in (0.0, 1.0) for seed in range(3)
    ]  # fmt: skip
    frame = report("regularisation", runs).main.frame.set_index("width")
    assert [frame[name][64] for name in ("change_nats", "low_nats", "high_nats")] == [-100, -100, -100]
    half = 4.302652729696142 * 10 / 3**0.5
    assert [frame[name][512] for name in ("low_nats", "high_nats")] == pytest.approx([-110 - half, -110 + half])


def test_means_of_other_settings_are_not_dropped(make_run: RunMaker) -> None:
    decays = [trained(make_run, 200.0, weight_decay=decay, lr=0.1) for decay in (0.01, 0.1, 0.2)]
    epochs = [trained(make_run, 100.0 * epochs, epochs=epochs, lr=0.2) for epochs in (10, 20, 30)]
    means = report("regularisation", [*decays, *epochs]).table("regularisation-means").frame
    assert sorted(zip(means["lr"], means["weight_decay"], means["epochs"], means["trained"], strict=True)) == [
        (0.1, 0.01, 10, 200), (0.1, 0.1, 10, 200), (0.1, 0.2, 10, 200),
        (0.2, 0.01, 10, 1000), (0.2, 0.01, 20, 2000), (0.2, 0.01, 30, 3000),
    ]  # fmt: skip
