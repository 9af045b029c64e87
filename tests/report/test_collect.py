"""Rows of many runs in one frame: what is left out, and whose options they have."""

from dataclasses import replace
from typing import Any

import pytest

from geomgen.config.llc import LlcConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from tests.report.made_up_critical_points import row as critical_row
from tests.report.made_up_learning import ROW
from tests.report.made_up_runs import RunMaker, histogram_rows, summary_row


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


def test_rows_of_a_given_step_and_of_none_are_of_two_settings_and_those_of_an_earlier_version_of_its_measure(
    make_run: RunMaker,
) -> None:
    rows = [ROW, replace(ROW, requested_chain_step=1e-4), replace(ROW, dense_limit=0)]
    run = make_run(tables={"llc": rows})
    for config in (LlcConfig(), LlcConfig(dense_limit=0), LlcConfig(chain_step=1e-4)):
        run.add_rows("llc", [ROW], {"experiment": "llc", "config": config.to_mapping()})
    frame = RunTables([run]).collect("llc", "").frame.sort_values(["dense_limit", "chain_step"])
    assert frame["dense_limit"].tolist() == [0, 1000, 1000]
    assert frame["chain_step"].fillna(0).tolist() == [0, 1e-4, 0]
    assert frame["setting"].nunique() == 3
    told = {"experiment": "llc", "config": LlcConfig(chain_step=0.5).to_mapping()}
    old = make_run(tables={})
    old.add_rows("llc", [replace(ROW, dense_limit=None)], told)
    (row,) = RunTables([old]).collect("llc", "").frame.to_dict("records")
    assert (row["chain_step"], row["dense_limit"]) == (0.5, 1000)


def test_what_differs_only_in_bins_counts_once_unless_bins_bear_on_it(make_run: RunMaker) -> None:
    first, last = summary_row("final", "data", 0.5, 0.1), replace(summary_row("final", "data", 0.4, 0.1), bins=10)
    histograms = [row for count in (3, 2) for row in histogram_rows("final", "data", [0.5] * count)]
    tables: dict[str, list[Any]] = {"activation_similarity_summary": [first, last], "activation_similarity": histograms}
    collected = RunTables([make_run(tables=tables)])
    assert collected.collect("activation_similarity_summary", "").frame["mean"].tolist() == [0.4]
    rows = collected.collect("activation_similarity", "", ("bins",)).frame
    assert rows["bins"].tolist() == [3, 3, 3, 2, 2]
    assert rows["setting"].nunique() == 2
