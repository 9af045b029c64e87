"""What a person sees of a sweep: a line for each change, or a table with what needs a person first."""

from dataclasses import replace
from pathlib import Path

import pytest

from geomgen.cli.sweep_progress import CellLines, CellTable, Lines, observing
from geomgen.store.reuse import EarlierRuns
from geomgen.sweep.cells import cells
from geomgen.sweep.job import Outcome
from geomgen.sweep.observer import Observer
from geomgen.sweep.plan import Planned, planned
from tests.sweep.made_up_recipe import recipe, unprepared


@pytest.fixture
def plan(data_file: Path, tmp_path: Path) -> list[Planned]:
    """Four cells, of which the last is done already."""
    found = planned(cells(recipe(data_file), unprepared), EarlierRuns(tmp_path), "missing", set())
    return [*found[:3], replace(found[3], runs=False)]


def test_a_line_when_a_cell_starts_and_when_it_ends(plan: list[Planned], capsys: pytest.CaptureFixture[str]) -> None:
    lines = CellLines(plan)
    lines.started(0)
    lines.said(0, "epoch 1")
    lines.ended(0, Outcome("done", wall_time_s=2.34))
    lines.ended(1, Outcome("failed", reason="killed by SIGSEGV", wall_time_s=1))
    assert capsys.readouterr().err.splitlines() == [
        "train width=8 seed=0: running",
        "train width=8 seed=0: done after 2.3 s, 1 of 3",
        "train width=8 seed=1: failed after 1.0 s, 2 of 3: killed by SIGSEGV",
    ]


def test_what_needs_a_person_comes_first_in_the_table(plan: list[Planned]) -> None:
    table = CellTable(plan)
    table.started(1)
    table.said(1, "$ geomgen volume")
    table.ended(2, Outcome("failed", reason="killed by SIGKILL", wall_time_s=7))
    drawn = table.render()
    columns = [[str(cell) for cell in column.cells] for column in drawn.columns]
    assert columns[0] == ["train width=12 seed=0", "train width=8 seed=1", "train width=8 seed=0"]
    assert columns[1] == ["failed", "running", "waiting"]
    assert columns[2][0] == "7 s"
    assert columns[3] == ["killed by SIGKILL", "geomgen volume", ""]
    assert drawn.caption == "1 failed, 1 running, 1 waiting"


def test_off_a_terminal_there_are_lines_and_in_quiet_nothing(
    plan: list[Planned], capsys: pytest.CaptureFixture[str]
) -> None:
    with observing(plan, quiet=False) as observer:
        assert isinstance(observer, CellLines)
    with observing(plan, quiet=True) as observer:
        assert type(observer) is Observer
    Lines().said(0, "as it is")
    assert capsys.readouterr().err == "as it is\n"
