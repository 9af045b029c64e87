"""One report of several parts, each made where there are runs for it."""

from pathlib import Path

import pytest

from geomgen.errors import NoDataError
from geomgen.report.collect import RunTables
from geomgen.report.double_descent import make
from geomgen.store.catalog import runs
from tests.report.made_up_runs import RunMaker
from tests.report.noisy_runs import WIDTHS, noisy_run
from tests.report.reading import report


def test_each_part_adds_its_tables_and_figures(make_run: RunMaker, regressions: Path) -> None:
    networks = [noisy_run(make_run, {9: error}, seed, width=width, train_size=200)
                for width, error in WIDTHS.items() for seed in range(2)]  # fmt: skip
    alone, regression = report("double-descent", networks), report("double-descent", runs(regressions))
    both = report("double-descent", [*runs(regressions), *networks])
    assert [table.name for table in both.tables] == [table.name for one in (regression, alone) for table in one.tables]
    assert len(both.figures) == len(alone.figures) + len(regression.figures)


def test_without_any_part_there_is_no_report() -> None:
    with pytest.raises(NoDataError, match=r"No run has what this report is made from\. .*geomgen regress"):
        make(RunTables([]), None)
