"""Quantities of the same runs in one row each, whatever measured them."""

from typing import Any

import pytest

from geomgen.config.volume import VolumeConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.quantities.similarity import MEAN_COSINE, SUMMARY
from geomgen.report.quantities.training import DIRECTNESS, RELATIVE_DISTANCE
from geomgen.report.quantities.volume import LOG_DET, TABLE
from geomgen.report.together import together
from tests.report.made_up_runs import RunMaker, summary_row, volume_row

COSINE = MEAN_COSINE.of(state="initial", condition="data")
VOLUME = LOG_DET.of(state="initial", condition="data")
TABLES: dict[str, list[Any]] = {
    SUMMARY: [summary_row("initial", "data", 0.7, 0.1)],
    TABLE: [volume_row("initial", "data", 5.0)],
}


def test_what_a_run_lacks_is_null_and_its_options_are_there(make_run: RunMaker) -> None:
    runs = [make_run(tables={name: rows}, seed=seed) for seed, (name, rows) in enumerate(TABLES.items())]
    rows = together(RunTables(runs), {"cosine": COSINE, "volume": VOLUME, "moved": RELATIVE_DISTANCE.of()})
    assert rows["run_id"].tolist() == [run.id for run in runs]
    assert rows[["cosine", "volume", "moved"]].fillna(0).to_numpy().tolist() == [[0.7, 0, 0], [0, 5, 0]]
    assert rows[SETTING].nunique() == 1
    assert rows["lr"].tolist() == [0.001, 0.001]


def test_a_later_run_replaces_what_it_has_and_keeps_the_rest(make_run: RunMaker) -> None:
    first = make_run(tables=TABLES)
    later = make_run(tables={TABLE: [volume_row("initial", "data", 6.0)]})
    (row,) = together(RunTables([first, later]), {"cosine": COSINE, "volume": VOLUME}).to_dict("records")
    assert (row["run_id"], row["cosine"], row["volume"]) == (later.id, 0.7, 6)


def test_a_floor_that_rows_do_not_depend_on_is_no_setting(make_run: RunMaker) -> None:
    runs = [make_run(tables=TABLES, measures={"volume": VolumeConfig(floor=floor)}) for floor in (1.0, 2.0)]
    rows = together(RunTables(runs), {"cosine": COSINE, "volume": VOLUME})
    assert rows["run_id"].tolist() == [runs[1].id]


def test_what_is_recorded_bears_on_all_that_stands_beside_it(make_run: RunMaker) -> None:
    tables = RunTables([make_run(epochs_done=1, track_every=every) for every in (10, 1)])
    assert len(together(tables, {"moved": RELATIVE_DISTANCE.of()})) == 1
    rows = together(tables, {"moved": RELATIVE_DISTANCE.of(), "direct": DIRECTNESS.of()})
    assert rows["track_every"].tolist() == [10, 1]


def test_nothing_to_put_together(make_run: RunMaker) -> None:
    with pytest.raises(NoDataError, match=r"No run has mean cosine similarity.* geomgen probe-activations RUN"):
        together(RunTables([make_run(epochs_done=1)]), {"cosine": COSINE, "volume": VOLUME})
