"""Reports on regression problems, made from real runs of small problems."""

from pathlib import Path

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.formats import render
from geomgen.report.reports import REPORTS
from geomgen.store.catalog import runs
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report

NAMES = ("posterior-regression", "bias-variance", "double-descent", "optimal-set")


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_rendered_and_every_figure_drawn(name: str, regressions: Path) -> None:
    found = report(name, runs(regressions))
    for table in found.tables:
        assert render(table, "table", width=120).startswith(table.title)
        assert len(render(table, "csv").splitlines()) == len(table.frame) + 1
    for figure in found.figures:
        assert all(ax.lines and ax.get_xlabel() and ax.get_ylabel() for ax in figure.draw().axes)


@pytest.mark.parametrize("name", NAMES)
def test_without_runs_it_says_how_to_make_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="geomgen regress"):
        REPORTS[name].build(RunTables([RunMaker(tmp_path)(epochs_done=1)]))
