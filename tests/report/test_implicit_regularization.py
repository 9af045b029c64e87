"""E_corr and accuracy against lambda, at each run's best epoch and at equal loss, and the runs that have none."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.implicit_regularization import best_epochs
from tests.report.made_up_flows import flow_run
from tests.report.made_up_gradients import gradient_row, runs_over_rates
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import report

NAME = "implicit-regularization"


def test_the_best_epoch_is_that_of_the_best_accuracy(make_run: RunMaker) -> None:
    best, notes = best_epochs(RunTables(runs_over_rates(make_run, 1)))
    assert not notes
    assert set(best["epoch"]) == {6}
    assert len(best) == 3 * (4 + 3)


@pytest.mark.parametrize("sign", [1, -1])
def test_lambda_is_ranked_against_e_corr_and_accuracy(make_run: RunMaker, sign: int) -> None:
    made = report(NAME, runs_over_rates(make_run, sign))
    assert made.main.frame["epoch"].tolist() == [6.0] * 7
    ranks = made.table(f"{NAME}-correlations").frame.set_index(["at", "against", "quantity"])["rank_correlation"]
    assert ranks["equal loss", "learning rate"].to_dict() == pytest.approx({"e_corr": -sign, "test_accuracy": sign})
    assert ranks["equal loss", "penalty", "e_corr"] == pytest.approx(-sign)
    assert made.figures[0].draw().axes[0].get_xscale() == "log"


def test_the_best_epoch_and_equal_loss_may_disagree(make_run: RunMaker) -> None:
    made = report(NAME, runs_over_rates(make_run, 0))
    frame = made.table(f"{NAME}-correlations").frame
    ranks = frame[frame["quantity"] == "e_corr"].set_index(["at", "against"])["rank_correlation"]
    assert ranks["best epoch", "learning rate"] == pytest.approx(-1)
    assert ranks["equal loss", "learning rate"] > -0.5


def test_equal_losses_are_a_table_and_two_figures(make_run: RunMaker) -> None:
    made = report(NAME, runs_over_rates(make_run, 1))
    frame = made.table(f"{NAME}-equal-loss").frame
    assert frame.columns[:4].tolist() == ["at_loss", "gradient_penalty", "lr", "implicit_lambda"]
    assert set(frame["seeds"]) == {3}
    figures = {figure.name: figure for figure in made.figures}
    assert set(figures) == {NAME, f"{NAME}-equal-loss", f"{NAME}-equal-loss-penalty"}
    assert set(figures[f"{NAME}-equal-loss"].numbers["gradient_penalty"]) == {0.0}
    assert len(figures[f"{NAME}-equal-loss-penalty"].draw().axes) == 2


def test_trainings_and_flows_are_parts(make_run: RunMaker) -> None:
    flows = [flow_run(make_run.root, {0.0: 2.0, 1.0: 3.0}, seed=0)]
    names = [table.name for table in report(NAME, [*runs_over_rates(make_run, 1), *flows]).tables]
    assert names[0] == NAME
    assert names[-1] == "modified-flow-smallest-steps"


def test_adam_has_no_lambda_to_report_on(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [training_row(1)], "implicit_regularization": [gradient_row(1, 0.1, None)]})
    with pytest.raises(NoDataError, match="No run has what this report is made from"):
        report(NAME, [run])


def test_squared_errors_are_left_out_of_what_is_in_nats(make_run: RunMaker) -> None:
    rows = [replace(gradient_row(epoch, 1.0, 1.0), loss_nats=None, squared_error=0.5) for epoch in (1, 2)]
    tables: dict[str, Sequence[Any]] = {"training": [training_row(1), training_row(2)], "implicit_regularization": rows}
    other = make_run(tables=tables, optimizer="sgd", epochs=2, width=8, loss="mse")
    made = report("implicit-regularization", [*runs_over_rates(make_run, 1, num_seeds=1), other])
    assert set(made.main.frame) & {"loss"} == set()
    assert made.notes[0] == "1 runs are left out: E is a squared error there, which is not in nats."
