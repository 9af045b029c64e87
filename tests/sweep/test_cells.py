"""Cells: every point of the grids once, and how far each is by the runs that there are."""

from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.config.volume import VolumeConfig
from geomgen.store.reuse import EarlierRuns
from geomgen.store.run import Run, create_run
from geomgen.sweep.cells import Cell, cells, merged, standing
from tests.sweep.made_up_recipe import recipe, unprepared


@pytest.fixture
def cell(data_file: Path) -> Cell:
    return cells(recipe(data_file), unprepared)[0]


def _run(cell: Cell, root: Path, status: str) -> Run:
    """Make a run of a cell that was never trained."""
    run = create_run(root, "train", "x", cell.make.config.to_mapping(), cell.make.content)
    if status != "unfinished":
        run.finish(status, "" if status == "complete" else "why")
    return run


def test_grids_add_up_zipped_lists_go_together_and_no_cell_is_there_twice(data_file: Path) -> None:
    grids = [{"width": [8, 12], "seed": [0]}, {"width": [12], "seed": [0, 1]}]
    made = cells(recipe(data_file, grid=grids, zip={"lr": [0.1, 0.2], "depth": [1, 3]}), unprepared)
    points = [tuple(cell.make.config.to_mapping()[name] for name in ("width", "seed", "lr", "depth")) for cell in made]
    expected = [(w, s, *line) for w, s in ((8, 0), (12, 0), (12, 1)) for line in ((0.1, 1), (0.2, 3))]
    assert sorted(points) == sorted(expected)


def test_two_recipes_of_one_run_share_it_with_the_measures_of_both(data_file: Path) -> None:
    first = recipe(data_file)
    second = recipe(data_file, name="other", then={"volume": {"rule": ["full"]}})
    both = merged([*cells(first, unprepared), *cells(second, unprepared)])
    assert len(both) == 4
    assert both[0].recipes == ("tiny", "other")
    configs = [step.config for step in both[0].measures]
    assert [config.rule for config in configs if isinstance(config, VolumeConfig)] == [("full",), ("relative",)]
    assert len({one.identity for one in (*both, *cells(first, unprepared), *cells(second, unprepared))}) == 12


def test_recipes_that_keep_other_checkpoints_share_no_run(data_file: Path) -> None:
    grid = {"width": [8], "checkpoint_every": [0, 1, 2]}
    assert len(merged(cells(recipe(data_file, grid=grid), unprepared))) == 3


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], "missing"), (["unfinished"], "unfinished"), (["interrupted"], "interrupted"), (["failed"], "failed"),
        (["failed", "complete", "unfinished"], "not measured"),
    ],
)  # fmt: skip
def test_how_far_a_cell_is(cell: Cell, tmp_path: Path, statuses: list[str], expected: str) -> None:
    made = [_run(cell, tmp_path, status) for status in statuses]
    found = standing(cell, EarlierRuns(tmp_path))
    assert found.status == expected
    assert (found.run is None) == (not made)


def test_a_cell_is_done_once_it_is_measured_and_a_run_of_other_data_is_no_run_of_it(cell: Cell, tmp_path: Path) -> None:
    unmeasured = replace(cell, measures=())
    _run(replace(cell, make=replace(cell.make, content={"data_sha256": "0" * 64})), tmp_path, "complete")
    assert standing(unmeasured, EarlierRuns(tmp_path)).status == "missing"
    run = _run(cell, tmp_path, "complete")
    found = standing(unmeasured, EarlierRuns(tmp_path))
    assert (found.status, found.run and found.run.id) == ("done", run.id)
    assert standing(cell, EarlierRuns(tmp_path)).status == "not measured"
