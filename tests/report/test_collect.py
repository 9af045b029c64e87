"""Rows of many runs in one frame: what is left out, and what older runs are taken to have been asked."""

import json

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables, varying_options
from tests.report.made_up_runs import RunMaker


def test_many_runs_without_a_table_share_one_note(make_run: RunMaker) -> None:
    bare = [make_run() for _ in range(4)]
    notes = RunTables([make_run(epochs_done=1), *bare]).collect("training", "").notes
    assert notes == (f"4 runs are left out, {bare[0].id} to {bare[-1].id}: no table 'training'.",)


def test_an_older_run_has_the_defaults_of_newer_options(make_run: RunMaker) -> None:
    older, newer = make_run(epochs_done=1, seed=1), make_run(epochs_done=1)
    content = json.loads((older.path / "config.json").read_text())
    del content["config"]["layer_norm"]
    (older.path / "config.json").write_text(json.dumps(content))
    older.finish("complete")
    frame = RunTables([older, newer]).collect("training", "").frame
    assert frame["layer_norm"].tolist() == [False, False]
    assert varying_options(frame) == []


def test_nobody_has_it(make_run: RunMaker) -> None:
    tables = RunTables([make_run(epochs_done=1, status="failed")])
    assert not tables.has("training")
    with pytest.raises(NoDataError, match=r"No complete run, of 1 in all, has a table 'training'\. Train one\."):
        tables.collect("training", "Train one.")
