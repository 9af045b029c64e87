"""The volume of parameters is read from the saddlepoint's rows alone."""

from geomgen.report.collect import RunTables
from geomgen.report.quantities.parameter_volume import LOG_VOLUME
from tests.report.made_up_runs import RunMaker
from tests.report.made_up_volumes import volume_row


def test_the_mass_under_the_prior_is_read_and_other_methods_are_not(make_run: RunMaker) -> None:
    rows = [volume_row(-20.0), volume_row(-30.0, method="monte-carlo"), volume_row(-40.0, method="ellipsoid")]
    tables = RunTables([make_run(tables={"parameter_volume": rows})])
    assert LOG_VOLUME.of(state="final").of_all(tables)["value"].tolist() == [-20.0]
