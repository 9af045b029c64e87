"""The plan: which cells run, in which order, and the rows that are kept of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.store.catalog import summaries
from geomgen.store.reuse import EarlierRuns
from geomgen.store.run import Run, create_run
from geomgen.sweep.cells import Cell, cells
from geomgen.sweep.job import Outcome
from geomgen.sweep.plan import Planned, biggest_first, failed_before, listed, planned, row
from tests.sweep.made_up_recipe import recipe, unprepared


@pytest.fixture
def four(data_file: Path) -> list[Cell]:
    return cells(recipe(data_file), unprepared)


def _swept(root: Path, plan: list[Planned], statuses: dict[int, str]) -> Run:
    """Make the run of a sweep in which some cells ended in some way."""
    run = create_run(root, "sweep", "x", {}, {})
    run.add_rows("sweep", [row(one, Outcome(statuses[one.number])) for one in plan if one.number in statuses])
    run.finish("complete")
    return run


@pytest.mark.parametrize(
    ("only", "chosen"), [("missing", [0, 1, 2, 3]), ("failed", [2]), ("all", [0, 1, 2, 3])]
)  # fmt: skip
def test_which_cells_run(four: list[Cell], tmp_path: Path, only: str, chosen: list[int]) -> None:
    plan = planned(four, EarlierRuns(tmp_path), only, {four[2].identity})
    assert [one.number for one in plan if one.runs] == chosen
    assert [one.standing.status for one in plan] == ["missing", "missing", "failed", "missing"]


def test_only_the_last_sweep_of_a_cell_says_whether_it_failed(four: list[Cell], tmp_path: Path) -> None:
    plan = planned(four, EarlierRuns(tmp_path), "all", set())
    sweeps = [_swept(tmp_path, plan, ends) for ends in ({0: "failed", 1: "failed"}, {0: "done", 3: "interrupted"})]
    assert len(sweeps) == len(summaries(tmp_path)) == 2
    assert failed_before(summaries(tmp_path)) == {four[1].identity}
    (sweeps[0].path / "tables" / "sweep.parquet").write_bytes(b"damaged")
    assert failed_before(summaries(tmp_path)) == set()


def test_the_longest_come_first_and_the_unknown_last(four: list[Cell], tmp_path: Path) -> None:
    plan = planned(four, EarlierRuns(tmp_path), "missing", set())
    timed = [replace(one, time_s=time_s) for one, time_s in zip(plan, (1.0, None, 9.0, 5.0), strict=True)]
    timed[3] = replace(timed[3], runs=False)
    assert [one.number for one in biggest_first(timed)] == [2, 0, 1]


def test_a_row_says_what_the_cell_is_and_what_became_of_it(four: list[Cell], tmp_path: Path) -> None:
    one = replace(planned(four, EarlierRuns(tmp_path), "missing", set())[1], time_s=3.0, memory_bytes=2**21)
    before = row(one)
    assert (before.cell, before.recipes, before.status, before.cell_run_id) == (1, "tiny", "missing", None)
    assert (before.estimated_s, before.estimated_mib) == (3.0, 2.0)
    assert json.loads(before.options)["seed"] == 1
    assert json.loads(before.measures)[0]["experiment"] == "volume"
    after = row(one, Outcome("done", "/runs/made", wall_time_s=4.0, tries=1))
    assert (after.before, after.status, after.cell_run_id, after.wall_time_s) == ("missing", "done", "made", 4.0)


def test_a_listing_has_the_options_that_differ(four: list[Cell], tmp_path: Path) -> None:
    lines = listed(planned(four, EarlierRuns(tmp_path), "failed", {four[0].identity}))
    assert [(line["width"], line["seed"], line["runs"]) for line in lines] == [
        (8, 0, "yes"), (8, 1, "no"), (12, 0, "no"), (12, 1, "no"),
    ]  # fmt: skip
    assert "epochs" not in lines[0]
    assert (lines[0]["measures"], lines[0]["time_s"], lines[0]["run_id"]) == ("volume", None, None)
    assert lines[0]["runs_after"] == 0
