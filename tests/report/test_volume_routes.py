"""Report ``volume-routes``: a row for each route to the volume around checkpoints that have a free energy."""

from dataclasses import replace

import pandas as pd
import pytest

from geomgen.errors import NoDataError
from tests.report.made_up_runs import RunMaker, fitted_row
from tests.report.made_up_volumes import drawn_row, volume_row
from tests.report.reading import report

ENERGY = replace(volume_row(-1.0, "free-energy"), num_chains=8, num_draws=200, stderr=0.3)


def test_routes_stand_beside_the_free_energy_and_are_judged_where_both_are_resolved(make_run: RunMaker) -> None:
    drawn = replace(drawn_row(-2.4), stderr=0.4)
    rows = [volume_row(-2.0), drawn, ENERGY, volume_row(-9.0, gauge="rebalanced")]
    found = report("volume-routes", [make_run(tables={"training": [fitted_row(0.5)], "parameter_volume": rows})])
    frame = found.main.frame
    assert frame["method"].tolist() == ["free-energy", "monte-carlo", "saddlepoint"]
    assert frame["log_volume_nats"].tolist() == [-1.0, -2.4, -2.0]
    assert frame["difference_nats"].tolist() == pytest.approx([float("nan"), -1.4, -1.0], nan_ok=True)
    assert frame["allowed_nats"].tolist() == pytest.approx([float("nan"), 3 * 0.5, 3 * 0.3], nan_ok=True)
    assert found.notes[-2].startswith("1 of 2 volumes agree with the free energy within 3 standard errors; 2 stand")
    assert found.notes[-1].startswith("Free energy counts all of parameter space")


def test_what_is_not_resolved_is_beside_it_but_not_judged(make_run: RunMaker) -> None:
    rows = [drawn_row(-3.0, "heavy tail"), ENERGY]
    found = report("volume-routes", [make_run(tables={"training": [fitted_row(0.5)], "parameter_volume": rows})])
    frame = found.main.frame
    assert frame["difference_nats"].iloc[1] == -2.0
    assert pd.isna(frame["allowed_nats"]).all()
    assert frame["is_lower_bound"].tolist() == [False, True]
    assert "0 of 0 volumes agree" in found.notes[-2]
    assert "of which 1 or their free energy are not resolved" in found.notes[-2]


def test_volumes_under_different_priors_are_not_compared(make_run: RunMaker) -> None:
    rows = [volume_row(-2.0), replace(volume_row(-5.0), prior_std=1.0), ENERGY]
    found = report("volume-routes", [make_run(tables={"training": [fitted_row(0.5)], "parameter_volume": rows})])
    assert found.main.frame["log_volume_nats"].tolist() == [-1.0, -2.0]


def test_without_a_free_energy_there_is_nothing_to_compare(make_run: RunMaker) -> None:
    run = make_run(tables={"training": [fitted_row(0.5)], "parameter_volume": [volume_row(-2.0)]})
    with pytest.raises(NoDataError, match="No run has a volume by free-energy"):
        report("volume-routes", [run])
