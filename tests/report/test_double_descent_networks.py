"""The networks' part of report double-descent, and the claims judged by it, from made-up curves."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.double_descent import REPORT
from geomgen.store.run import Run
from tests.report.made_up_runs import FACTS, RunMaker, training_row
from tests.report.reading import claim

WIDTHS = {2: 0.50, 4: 0.30, 8: 0.45, 16: 0.25, 32: 0.20}
SIZES = {100: 0.5, 200: 0.30, 400: 0.40, 800: 0.25, 1600: 0.20}
EPOCHS = {1: 0.5, 2: 0.3, 4: 0.2, 8: 0.3, 16: 0.4, 32: 0.35, 64: 0.3, 128: 0.25, 256: 0.24}
NOISY = {"label_noise": 0.2, "depth": 1}


def _run(make_run: RunMaker, errors: Mapping[int, float], seed: int, **options: Any) -> Run:
    """Make a run with a recorded epoch for each error; seeds differ by a little, and by more at larger errors."""
    rows = [
        replace(training_row(epoch), test_accuracy=1 - error * (1 + 0.01 * seed)) for epoch, error in errors.items()
    ]
    facts = FACTS | {"num_parameters": 100 * options.get("width", 8), "num_classes": 4}
    return make_run(tables={"training": rows}, facts=facts, seed=seed, epochs=max(errors), **NOISY | options)


def _peaks(runs: list[Run]) -> list[dict[str, Any]]:
    return records(REPORT.build(RunTables(runs)).main.frame)


def test_a_peak_along_width_is_held_against_the_threshold(make_run: RunMaker) -> None:
    runs = [_run(make_run, {9: error}, seed, width=width, train_size=200)
            for width, error in WIDTHS.items() for seed in range(3)]  # fmt: skip
    (row,) = _peaks(runs)
    assert (row["axis"], row["first_minimum"], row["peak"], row["second_minimum"]) == ("width", 4, 8, 32)
    assert row["parameters_over_images"] == 4
    assert row["parameters_over_outputs"] == 1
    assert row["rise"] == pytest.approx(0.15 * 1.01)
    assert row["double_descent"] == "holds"
    assert claim(runs, "T5.4")["verdict"] == "holds"
    threshold = claim(runs, "T5.3b")
    assert (threshold["verdict"], threshold["value"], threshold["low"], threshold["high"]) == ("holds", 1, 0.5, 2)
    assert REPORT.build(RunTables(runs)).figures[0].numbers["threshold"].iloc[0] == pytest.approx(8)


def test_a_peak_away_from_the_threshold_fails_it(make_run: RunMaker) -> None:
    runs = [_run(make_run, {9: error}, seed, width=width, train_size=20)
            for width, error in WIDTHS.items() for seed in range(2)]  # fmt: skip
    assert claim(runs, "T5.3b")["verdict"] == "does not hold"


def test_errors_that_only_fall_have_no_peak(make_run: RunMaker) -> None:
    runs = [_run(make_run, {9: 1 / (width + seed / 10)}, seed, width=width, train_size=200)
            for width in WIDTHS for seed in range(3)]  # fmt: skip
    assert _peaks(runs)[0]["double_descent"] != "holds"
    assert claim(runs, "T5.4")["verdict"] != "holds"
    assert claim(runs, "T5.3b")["verdict"] == "undecided"


def test_more_data_and_more_epochs(make_run: RunMaker) -> None:
    sizes = [_run(make_run, {9: error}, seed, width=8, train_size=size)
             for size, error in SIZES.items() for seed in range(3)]  # fmt: skip
    assert [(row["axis"], row["peak"]) for row in _peaks(sizes)] == [("train_size", 400)]
    found = claim(sizes, "T5.6")
    assert (found["verdict"], found["value"]) == ("holds", pytest.approx(0.1 * 1.01))
    assert "from 200 to 400 training images" in found["evidence"]
    epochs = [_run(make_run, EPOCHS, seed, width=8, train_size=300) for seed in range(3)]
    assert [(row["axis"], row["first_minimum"], row["peak"]) for row in _peaks(epochs)] == [("epoch", 4, 16)]
    assert claim(epochs, "T5.5")["verdict"] == "holds"


def test_two_architectures_are_two_series_and_a_seed_with_gaps_is_left_out(make_run: RunMaker) -> None:
    runs = [_run(make_run, {9: error}, seed, width=width, train_size=200, arch=arch, depth=depth)
            for arch, depth in (("mlp", 1), ("lenet5", 4))
            for width, error in WIDTHS.items() for seed in range(2)]  # fmt: skip
    gap = _run(make_run, {9: 0.9}, 7, width=4, train_size=200)
    assert [(row["series"], row["seeds"]) for row in _peaks([*runs, gap])] == [("lenet5", 2), ("mlp", 2)]


def test_the_figure_has_a_panel_an_axis(make_run: RunMaker) -> None:
    runs = [_run(make_run, EPOCHS, seed, width=width, train_size=200) for width in WIDTHS for seed in range(2)]
    figure = REPORT.build(RunTables(runs)).figures[0].draw()
    assert [ax.get_xlabel() for ax in figure.axes] == ["Width", "Epochs"]
