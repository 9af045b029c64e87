"""The list of reports, and what it says no to."""

import subprocess
import sys

import pytest

from geomgen.errors import UsageError
from geomgen.report.collect import RunTables
from geomgen.report.reports import REPORTS, find_report, listed_reports
from tests.report.made_up_runs import RunMaker


def test_every_report_asks_a_question() -> None:
    assert all(name == report.name and report.question.endswith("?") for name, report in REPORTS.items())
    listed = listed_reports().frame
    assert listed.to_numpy().tolist() == [[name, report.question] for name, report in REPORTS.items()]


def test_a_misspelt_name_gets_a_suggestion() -> None:
    assert find_report("training") is REPORTS["training"]
    with pytest.raises(UsageError, match=r"no report 'width-logdte'\. Did you mean 'width-logdet'\?"):
        find_report("width-logdte")
    with pytest.raises(UsageError, match=r"Known reports: claims, width-logdet, similarity"):
        find_report("xyz")


def test_a_comparison_that_there_is_not(make_run: RunMaker) -> None:
    runs = [make_run(epochs_done=1)]
    with pytest.raises(UsageError, match=r"'training' cannot be compared with 'published'\. Leave out --compare"):
        REPORTS["training"].build(RunTables(runs), compare="published")
    with pytest.raises(UsageError, match=r"cannot be compared with 'publishd'\. It can be compared with: published"):
        REPORTS["width-logdet"].build(RunTables(runs), compare="publishd")


def test_listing_reports_loads_neither_torch_nor_matplotlib() -> None:
    code = "import sys, geomgen.report.reports; sys.exit(bool({'torch', 'matplotlib'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)
