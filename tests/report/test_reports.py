"""The list of reports, and what it says no to."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from geomgen.errors import NoDataError, UsageError
from geomgen.report import double_descent, double_descent_networks, quantities, regularisation
from geomgen.report.claims.ledger import CLAIMS
from geomgen.report.collect import RunTables
from geomgen.report.formats import render
from geomgen.report.quantity import Quantity
from geomgen.report.reports import QUANTITIES, REPORTS, listed_reports
from geomgen.store.catalog import runs
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report

ON_REGRESSION = ("posterior-regression", "bias-variance", "double-descent", "optimal-set")


def test_every_report_asks_a_question() -> None:
    assert all(name == report.name and report.question.endswith("?") for name, report in REPORTS.items())
    listed = listed_reports().frame
    assert listed.to_numpy().tolist() == [[name, report.question] for name, report in REPORTS.items()]


def test_quantities_live_in_their_room() -> None:
    modules = [import_module(f"{quantities.__name__}.{one.name}") for one in iter_modules(quantities.__path__)]
    assert {value for module in modules for value in vars(module).values() if isinstance(value, Quantity)} == {
        *QUANTITIES
    }


def test_claims_that_reports_name_are_about_them() -> None:
    reports = {claim.id: claim.report for claim in CLAIMS}
    assert {reports[name] for name in regularisation.CLAIMS.values()} == {regularisation.NAME}
    assert {reports[name] for name in double_descent_networks.CLAIMS.values()} == {double_descent.REPORT.name}


def test_a_comparison_that_there_is_not(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1)]
    with pytest.raises(UsageError, match=r"'training' cannot be compared with 'published'\. .*leave out --compare"):
        REPORTS["training"].build(RunTables(runs), compare="published")
    with pytest.raises(UsageError, match=r"cannot be compared with 'publishd'\. It can be compared with: published"):
        REPORTS["width-logdet"].build(RunTables(runs), compare="publishd")


def test_listing_reports_loads_neither_torch_nor_matplotlib() -> None:
    code = "import sys, geomgen.report.reports; sys.exit(bool({'torch', 'matplotlib'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ON_REGRESSION)
def test_every_table_on_regression_is_rendered_and_every_figure_drawn(name: str, regressions: Path) -> None:
    found = report(name, runs(regressions))
    for table in found.tables:
        assert render(table, "table", width=120).startswith(table.title)
        assert len(render(table, "csv").splitlines()) == len(table.frame) + 1
    for figure in found.figures:
        assert all(ax.lines and ax.get_xlabel() and ax.get_ylabel() for ax in figure.draw().axes)


@pytest.mark.parametrize("name", ON_REGRESSION)
def test_without_regressions_it_says_how_to_make_one(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoDataError, match="geomgen regress"):
        REPORTS[name].build(RunTables([RunMaker(tmp_path)(epochs_done=1)]))
