"""Quantities of random networks' functions."""

from pathlib import Path

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.functions import BEYOND_PERMUTATIONS, SENSITIVITY_RATIO
from tests.report.made_up_functions import functions_run


def test_ratios_and_differences(tmp_path: Path) -> None:
    tables = RunTables([functions_run(tmp_path, 0)])
    assert SENSITIVITY_RATIO.rows(tables).frame["value"].tolist() == [pytest.approx(0.6)]
    assert BEYOND_PERMUTATIONS.rows(tables).frame["value"].tolist() == [pytest.approx(-0.04)]


def test_constant_functions_have_no_ratio(tmp_path: Path) -> None:
    tables = RunTables([functions_run(tmp_path, 0, sensitivity=0.0, sensitivity_shuffled=0.0)])
    assert SENSITIVITY_RATIO.rows(tables).frame["value"].isna().all()
