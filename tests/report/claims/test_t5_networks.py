"""Verdicts on double descent of networks and on effective model complexity, from made-up curves."""

from pathlib import Path

import pytest

from tests.report.made_up_complexities import complexities
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import EPOCHS, SIZES, WIDTHS, noisy_run
from tests.report.reading import claim


def test_a_peak_along_width_is_held_against_the_threshold(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: error}, seed, width=width, train_size=200)
            for width, error in WIDTHS.items() for seed in range(3)]  # fmt: skip
    assert claim(runs, "T5.4")["verdict"] == "holds"
    threshold = claim(runs, "T5.3b")
    assert (threshold["verdict"], threshold["value"], threshold["low"], threshold["high"]) == ("holds", 1, 0.5, 2)


def test_a_peak_away_from_the_threshold_fails_it(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: error}, seed, width=width, train_size=20)
            for width, error in WIDTHS.items() for seed in range(2)]  # fmt: skip
    assert claim(runs, "T5.3b")["verdict"] == "does not hold"


def test_errors_that_only_fall_have_no_peak(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: 1 / (width + seed / 10)}, seed, width=width, train_size=200)
            for width in WIDTHS for seed in range(3)]  # fmt: skip
    assert claim(runs, "T5.4")["verdict"] != "holds"
    assert claim(runs, "T5.3b")["verdict"] == "undecided"


def test_one_seed_is_no_series(make_run: RunMaker) -> None:
    runs = [noisy_run(make_run, {9: error}, 0, width=width, train_size=200) for width, error in WIDTHS.items()]
    found = claim(runs, "T5.4")
    assert found["verdict"] == "not yet measured"
    assert found["evidence"].startswith("No networks with label noise")


def test_more_data_and_more_epochs(make_run: RunMaker) -> None:
    sizes = [noisy_run(make_run, {9: error}, seed, width=8, train_size=size)
             for size, error in SIZES.items() for seed in range(3)]  # fmt: skip
    found = claim(sizes, "T5.6")
    assert (found["verdict"], found["value"]) == ("holds", pytest.approx(0.1 * 1.01))
    assert "from 200 to 400 training images" in found["evidence"]
    epochs = [noisy_run(make_run, EPOCHS, seed, width=8, train_size=300) for seed in range(3)]
    assert claim(epochs, "T5.5")["verdict"] == "holds"


@pytest.mark.parametrize(("power", "verdict"), [(0.5, "holds"), (-0.5, "does not hold")])
def test_complexity_grows_with_epochs(tmp_path: Path, power: float, verdict: str) -> None:
    assert claim(complexities(tmp_path, power), "T5.7")["verdict"] == verdict
