"""Values at equal training loss, and which runs are compared there."""

import math

import numpy as np
import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.implicit_regularization import (
    BY_PENALTY,
    BY_RATE,
    at_equal_loss,
    by_penalty,
    by_rate,
    ranked,
    similar,
    when_loss_falls,
)
from tests.report.made_up_gradients import PENALTIES, RATES, gradient_row, runs_over_rates
from tests.report.made_up_runs import RunMaker, training_row

LOSSES = np.array([1.0, 0.1, 0.2, 0.01])


@pytest.mark.parametrize(("loss", "value"), [(0.1**0.5, 0.5), (0.1, 1.0), (0.05, 2.301), (0.01, 3.0)])
def test_a_value_where_the_loss_first_falls_to_a_level(loss: float, value: float) -> None:
    values = np.array([0.0, 1.0, 2.0 - math.log10(4), 3.0])
    wanted = {0.05: values[2] + (3 - values[2]) * math.log(4) / math.log(20)}.get(loss, value)
    assert when_loss_falls(LOSSES, values, loss) == pytest.approx(wanted)


@pytest.mark.parametrize("loss", [2.0, 0.001])
def test_a_loss_that_is_not_crossed_has_no_value(loss: float) -> None:
    assert math.isnan(when_loss_falls(LOSSES, LOSSES, loss))


@pytest.mark.parametrize("sign", [1, -1])
def test_e_corr_follows_its_power_at_every_loss(make_run: RunMaker, sign: int) -> None:
    rows, notes = at_equal_loss(RunTables(runs_over_rates(make_run, sign)))
    assert not notes
    assert set(by_rate(rows)[BY_RATE]) == set(RATES)
    assert set(by_penalty(rows)[BY_PENALTY]) == {0.0, *PENALTIES}
    assert set(by_penalty(rows)[BY_RATE]) == {RATES[0]}
    assert ranked(by_rate(rows), BY_RATE, "e_corr").value == pytest.approx(-sign)
    assert ranked(by_penalty(rows), BY_PENALTY, "test_accuracy").value == pytest.approx(sign)
    first = by_rate(rows)[by_rate(rows)["seed"] == 0].groupby("at_loss")["e_corr"].first()
    assert first[0.05] / first[0.01] == pytest.approx(25)


def test_three_rates_have_no_rank_correlation(make_run: RunMaker) -> None:
    rows = by_rate(at_equal_loss(RunTables(runs_over_rates(make_run, 1)))[0])
    with pytest.raises(NoDataError, match="No seed has been tracked at 4 strengths"):
        ranked(rows[rows[BY_RATE] > RATES[0]], BY_RATE, "e_corr")


def test_the_width_of_most_runs_is_compared(make_run: RunMaker) -> None:
    rows = at_equal_loss(RunTables(runs_over_rates(make_run, 1)))[0]
    assert set(similar(rows.assign(width=rows["width"].where(rows["seed"] > 0, 99)))[0]["width"]) == {8}


def test_adam_has_no_lambda(make_run: RunMaker) -> None:
    gradients = [gradient_row(epoch, 0.1, None) for epoch in (1, 2)]
    run = make_run(tables={"training": [training_row(1)], "implicit_regularization": gradients})
    with pytest.raises(NoDataError):
        at_equal_loss(RunTables([run]))
