"""Distance, path and bits per step against width and steps."""

from dataclasses import replace
from typing import Any

import pytest

from geomgen.report.claims.claim import numbers
from geomgen.report.content import records
from tests.report.claims.judging import judgement
from tests.report.made_up_gradients import moved_runs
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import report


@pytest.mark.parametrize("power", [-0.5, 0.3])
def test_distance_against_width_and_steps(make_run: RunMaker, power: float) -> None:
    runs = moved_runs(make_run, power)
    made = report("trajectory", runs)
    assert made.main.frame["path_exponent"].tolist() == pytest.approx([0.5] * 4)
    assert made.main.frame["exponent"].isna().all()
    assert made.main.frame["bits_per_step"].tolist() == pytest.approx([0.25] * 4)
    (fit,) = records(made.table("trajectory-exponents").frame)
    assert fit["distance_against_width"] == pytest.approx(power, abs=0.01)
    assert fit["distance_against_width_low"] < power < fit["distance_against_width_high"]
    assert [len(figure.draw().axes) for figure in made.figures] == [1, 1, 1]


def test_the_figure_of_widths_draws_what_has_three_and_says_what_is_unusual(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=width, optimizer="sgd") for width in (64, 128, 256)]
    runs += [make_run(epochs_done=1, width=width) for width in (64, 128, 256, 512)]
    runs += [make_run(epochs_done=1, width=64, lr=lr) for lr in (0.1, 0.2)]
    made = report("trajectory", runs)
    numbers = made.figures[0].numbers
    assert list(dict.fromkeys(numbers["series"])) == ["mlp", "mlp, optimizer sgd"]
    assert len(numbers) == 7
    assert made.notes == ("The figure leaves out 2 lines of fewer than 3 widths.",)


def test_the_exponent_is_that_of_claim_t4_2(make_run: RunMaker) -> None:
    plain: dict[str, Any] = {"optimizer": "sgd", "lr": 0.1, "train_size": 10_000}
    runs = [
        make_run(tables={"training": [replace(training_row(1), relative_distance=width**-0.5 * (1 + 0.01 * seed))]},
                 width=width, seed=seed, weight_decay=0.0, **plain)
        for width in (64, 128, 256, 4096) for seed in range(3 - (width == 4096))
    ]  # fmt: skip
    (fit,) = records(report("trajectory", runs).table("trajectory-exponents").frame)
    *_, exponent = judgement(runs, "T4.2").findings
    names = ("distance_against_width", "distance_against_width_low", "distance_against_width_high")
    assert [fit[name] for name in names] == list(numbers(exponent).values())


def test_paths_and_bits_are_means_over_the_seeds_of_the_largest_setting(make_run: RunMaker) -> None:
    runs = moved_runs(make_run, -0.5)
    made = report("trajectory", [*runs, *moved_runs(make_run, -0.5, lr=0.2)[:2]])
    _, paths, bits = (figure.numbers for figure in made.figures)
    assert list(dict.fromkeys(paths["series"])) == [
        "slope 1", "slope 1/2", *(f"width {width}" for width in (64, 128, 256, 512))
    ]  # fmt: skip
    assert paths[paths["series"] == "width 64"]["distance"].tolist() == pytest.approx([1, 2**0.5, 2, 8**0.5])
    assert paths[paths["series"] == "slope 1"]["distance"].tolist() == [1, 8]
    assert bits[["bits_per_step", "seeds"]].to_numpy().tolist() == [[0.25, 2]] * 4
    assert "Only the runs with lr 0.001 are shown; 2 with other options are not." in made.notes[-1]
