"""Distance, path and bits per step against width and steps."""

import pytest

from geomgen.report.content import records
from tests.report.made_up_gradients import moved_runs
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


@pytest.mark.parametrize("power", [-0.5, 0.3])
def test_distance_against_width_and_steps(make_run: RunMaker, power: float) -> None:
    runs = moved_runs(make_run, power)
    made = report("trajectory", runs)
    assert made.main.frame["exponent"].tolist() == pytest.approx([0.5] * 4)
    assert made.main.frame["bits_per_step"].tolist() == pytest.approx([0.25] * 4)
    (fit,) = records(made.table("trajectory-exponents").frame)
    assert fit["distance_against_width"] == pytest.approx(power, abs=0.01)
    assert fit["distance_against_width_low"] < power < fit["distance_against_width_high"]
    assert [len(figure.draw().axes) for figure in made.figures] == [1, 1, 1]


def test_the_figure_of_widths_draws_what_has_three_and_says_what_is_unusual(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1, width=width, optimizer="sgd") for width in (64, 128, 256)]
    runs += [make_run(epochs_done=1, width=width) for width in (64, 128, 256, 512)]
    runs += [make_run(epochs_done=1, width=64, lr=lr) for lr in (0.1, 0.2)]
    numbers = report("trajectory", runs).figures[0].numbers
    assert list(dict.fromkeys(numbers["series"])) == ["mlp", "mlp, optimizer sgd"]
    assert len(numbers) == 7
