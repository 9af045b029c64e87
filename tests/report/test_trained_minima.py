"""One row per network whose volume was measured, with what was found in each gauge."""

from dataclasses import replace
from pathlib import Path

import pytest

from geomgen import runs
from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.parameter_volume import TABLE
from geomgen.report.trained_minima import trained_minima
from tests.report.made_up_learning import ROW
from tests.report.made_up_runs import RunMaker, fitted_row, training_row
from tests.report.made_up_volumes import volume_row


def test_gauges_stand_in_one_row(make_run: RunMaker) -> None:
    rows = [volume_row(-20.0, trace=2.0), volume_row(-25.0, gauge="rebalanced", trace=3.0)]
    measured = make_run(tables={"training": [fitted_row(0.75)], TABLE: rows, "llc": [replace(ROW, num_samples=100)]})
    others = [
        make_run(epochs_done=1, seed=1),
        make_run(tables={"training": [training_row(1)], "llc": [replace(ROW, num_samples=100)]}, seed=2),
    ]
    found, notes = trained_minima(RunTables([measured, *others]))
    (row,) = found.to_dict("records")
    wanted = {
        "log_volume_nats": -20.0, "balanced_log_volume_nats": -25.0, "trace": 2.0, "balanced_trace": 3.0,
        "learning_coefficient": 10.0, "test_error": 0.25,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
    assert notes == ()


def test_trainings_that_do_not_fit_are_left_out_and_counted(make_run: RunMaker) -> None:
    trained = [
        make_run(tables={"training": [last], TABLE: [volume_row(-1.0)]}, seed=seed)
        for seed, last in enumerate((fitted_row(0.5), training_row(1, 0.5), training_row(1, 0.6)))
    ]
    found, notes = trained_minima(RunTables(trained))
    assert found["seed"].tolist() == [0]
    assert notes == ("2 of 3 trainings are left out: their training accuracy is below 1, so not at a minimum.",)


def test_if_no_training_fits_it_says_so(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [training_row(1, 0.5)], TABLE: [volume_row(-1.0)]})
    with pytest.raises(NoDataError, match="None of 1 trainings predicts all its training images right"):
        trained_minima(RunTables([run]))


def test_without_a_volume_there_is_nothing(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match="has a table 'parameter_volume'"):
        trained_minima(RunTables([make_run(epochs_done=1)]))


def test_volumes_of_an_earlier_version_stand_beside_the_coefficients_of_their_runs() -> None:
    committed = [run for run in runs(Path("runs/reference")) if {TABLE, "llc", "training"} <= {*run.tables}]
    found = trained_minima(RunTables(committed)).rows
    assert found["run_id"].is_unique
    assert found["log_volume_nats"].notna().all()
    assert found["learning_coefficient"].notna().any()
