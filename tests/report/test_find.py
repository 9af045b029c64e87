"""A report is found by its name alone, whatever the name is."""

import subprocess
import sys

import pytest

from geomgen.errors import UsageError
from geomgen.report.find import find_report
from geomgen.report.reports import REPORTS


@pytest.mark.parametrize("name", REPORTS)
def test_each_report_is_in_the_module_of_its_name(name: str) -> None:
    assert find_report(name) is REPORTS[name]


@pytest.mark.parametrize("name", ["", "page", "width_logdet", "figures", "published", "claims.report", "../x", "\0"])
def test_other_modules_and_paths_are_no_reports(name: str) -> None:
    with pytest.raises(UsageError, match="There is no report"):
        find_report(name)


def test_a_misspelt_name_gets_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"no report 'width-logdte'\. Did you mean 'width-logdet'\?"):
        find_report("width-logdte")
    with pytest.raises(UsageError, match=r"Known reports: claims, width-logdet, similarity"):
        find_report("xyz")


def test_the_other_reports_are_not_imported_for_one() -> None:
    code = (
        "import sys; from geomgen.report.find import find_report; find_report('training'); "
        "sys.exit('geomgen.report.claims.t1' in sys.modules or 'geomgen.report.saddles' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
