"""The networks' part of report double-descent, from made-up curves."""

from typing import Any

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.content import records
from geomgen.report.double_descent import REPORT
from geomgen.store.run import Run
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import EPOCHS, SIZES, WIDTHS, noisy_run


def _peaks(runs: list[Run]) -> list[dict[str, Any]]:
    return records(REPORT.build(RunTables(runs)).main.frame)


def test_a_peak_along_width_is_held_against_the_threshold(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: error}, seed, width=width, train_size=200)
            for width, error in WIDTHS.items() for seed in range(3)]  # fmt: skip
    (row,) = _peaks(runs)
    assert (row["axis"], row["first_minimum"], row["peak"], row["second_minimum"]) == ("width", 4, 8, 32)
    assert row["parameters_over_images"] == 4
    assert row["parameters_over_outputs"] == 1
    assert row["rise"] == pytest.approx(0.15 * 1.01)
    assert row["claim"] == "T5.4"
    assert REPORT.build(RunTables(runs)).figures[0].numbers["threshold"].iloc[0] == pytest.approx(8)


def test_errors_that_only_fall_have_no_peak(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: 1 / (width + seed / 10)}, seed, width=width, train_size=200)
            for width in WIDTHS for seed in range(3)]  # fmt: skip
    (row,) = _peaks(runs)
    assert row["rise_high"] < 0.01 or row["fall_high"] < 0.01


def test_more_data_and_more_epochs(make_run: RunMaker) -> None:
    sizes = [noisy_run(make_run, {9: error}, seed, width=8, train_size=size)
             for size, error in SIZES.items() for seed in range(3)]  # fmt: skip
    assert [(row["axis"], row["peak"], row["claim"]) for row in _peaks(sizes)] == [("train_size", 400, "T5.6")]
    epochs = [noisy_run(make_run, EPOCHS, seed, width=8, train_size=300) for seed in range(3)]
    assert [(row["axis"], row["first_minimum"], row["peak"]) for row in _peaks(epochs)] == [("epoch", 4, 16)]


def test_two_architectures_are_two_series_and_a_seed_with_gaps_is_left_out(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: error}, seed, width=width, train_size=200, arch=arch, depth=depth)
            for arch, depth in (("mlp", 1), ("lenet5", 4))
            for width, error in WIDTHS.items() for seed in range(2)]  # fmt: skip
    gap = noisy_run(make_run, {9: 0.9}, 7, width=4, train_size=200)
    assert [(row["series"], row["seeds"]) for row in _peaks([*runs, gap])] == [
        ("mlp, depth 1", 2),
        ("lenet5, depth 4", 2),
    ]


def test_there_is_a_figure_for_each_axis(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, EPOCHS, seed, width=width, train_size=200) for width in WIDTHS for seed in range(2)]
    figures = [figure.draw() for figure in REPORT.build(RunTables(runs)).figures]
    assert [figure.axes[0].get_xlabel() for figure in figures] == ["Width", "Epochs"]
