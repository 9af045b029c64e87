"""Each quantity of minima is read from the rows of its method and gauge alone."""

from geomgen.report.collect import RunTables
from geomgen.report.quantities.parameter_volume import BALANCED_TRACE, BALANCED_VOLUME, LOG_VOLUME, TRACE
from tests.report.made_up_runs import RunMaker
from tests.report.made_up_volumes import drawn_row, volume_row


def test_methods_and_gauges_are_told_apart(make_run: RunMaker) -> None:
    rows = [volume_row(-20.0, trace=2.0), volume_row(-25.0, gauge="rebalanced", trace=3.0), drawn_row(-30.0)]
    rows.append(volume_row(-40.0, method="ellipsoid"))
    tables = RunTables([make_run(tables={"parameter_volume": rows})])
    wanted = {LOG_VOLUME: -20.0, BALANCED_VOLUME: -25.0, TRACE: 2.0, BALANCED_TRACE: 3.0}
    for quantity, value in wanted.items():
        assert quantity.of(state="final").of_all(tables)["value"].tolist() == [value]
