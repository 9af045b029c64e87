"""One row per network whose volume was measured, with what each method and gauge found."""

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.quantities.parameter_volume import TABLE
from geomgen.report.trained_minima import trained_minima
from tests.report.made_up_runs import RunMaker, training_row
from tests.report.made_up_volumes import drawn_row, volume_row


def test_methods_and_gauges_stand_in_one_row(make_run: RunMaker) -> None:
    rows = [volume_row(-20.0, trace=2.0), volume_row(-25.0, gauge="rebalanced", trace=3.0), drawn_row(-30.0)]
    measured = make_run(tables={"training": [training_row(1, 0.75)], TABLE: rows})
    (found,) = trained_minima(RunTables([measured, make_run(epochs_done=1, seed=1)])).to_dict("records")
    wanted = {
        "log_volume_nats": -20.0, "balanced_log_volume_nats": -25.0, "drawn_log_volume_nats": -30.0, "trace": 2.0,
        "balanced_trace": 3.0, "test_error": 0.25,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted


def test_without_a_volume_there_is_nothing(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match="has a table 'parameter_volume'"):
        trained_minima(RunTables([make_run(epochs_done=1)]))
