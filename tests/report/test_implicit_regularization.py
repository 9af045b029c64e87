"""E_corr and accuracy against lambda, and the runs that have none."""

import pytest

from geomgen.errors import NoDataError
from tests.report.made_up_gradients import gradient_row, runs_over_rates
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.reading import report


@pytest.mark.parametrize(("sign", "correlation"), [(1, 1.0), (-1, -1.0)])
def test_lambda_is_ranked_against_e_corr_and_accuracy(make_run: RunMaker, sign: int, correlation: float) -> None:
    runs = runs_over_rates(make_run, sign)
    made = report("implicit-regularization", runs)
    assert made.main.frame["epoch"].tolist() == [2.0] * 4
    ranks = made.table("implicit-regularization-correlations").frame.set_index("quantity")["rank_correlation"]
    assert ranks["test_accuracy"] == pytest.approx(correlation)
    assert ranks["e_corr"] == pytest.approx(-correlation)
    assert made.figures[0].draw().axes[0].get_xscale() == "log"


def test_adam_has_no_lambda_to_report_on(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [training_row(1)], "implicit_regularization": [gradient_row(1, 0.1, None)]})
    with pytest.raises(NoDataError, match="No training over several learning rates"):
        report("implicit-regularization", [run])
