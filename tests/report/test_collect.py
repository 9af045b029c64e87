"""Rows of many runs in one frame: what is left out, and whose options they have."""

from dataclasses import replace

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from tests.report.made_up_critical_points import row as critical_row
from tests.report.made_up_runs import RunMaker


def test_many_runs_without_a_table_share_one_note(make_run: RunMaker) -> None:
    bare = [make_run() for _ in range(4)]
    notes = RunTables([make_run(epochs_done=1), *bare]).collect("training", "").notes
    assert notes == (f"4 runs are left out, {bare[0].id} to {bare[-1].id}: no table 'training'.",)


def test_nobody_has_it(make_run: RunMaker) -> None:
    tables = RunTables([make_run(epochs_done=1, status="failed")])
    assert not tables.has("training")
    with pytest.raises(NoDataError, match=r"No complete run, of 1 in all, has a table 'training'\. Train one\."):
        tables.collect("training", "Train one.")


def test_counts_of_rows_are_their_own_whatever_was_measured_last(make_run: RunMaker) -> None:
    rows = [critical_row(point, 0.5, 0, 10) for point in range(2)]
    run = make_run(tables={"critical_points": [*rows, replace(rows[0], num_points=5)]})
    frame = RunTables([run]).collect("critical_points", "").frame
    assert frame["points"].tolist() == [30, 30, 5]
    assert frame["setting"].nunique() == 2
