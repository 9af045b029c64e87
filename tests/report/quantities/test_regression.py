"""Deviations of slopes from their posterior, in standard errors."""

from pathlib import Path

import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.regression import FRACTION_DEVIATION, MEAN_Z, VARIANCE_Z, with_z
from tests.report.made_up_regressions import linear_run, optimal_set_run


def test_deviations_in_standard_errors(tmp_path: Path) -> None:
    tables = RunTables([linear_run(tmp_path, 0, mean=0.5 + 0.1 / 1000**0.5, variance=0.01 * (1 + (2 / 999) ** 0.5))])
    for quantity in (MEAN_Z, VARIANCE_Z):
        assert quantity.of(model="very").of_all(tables)["value"].tolist() == [pytest.approx(1)]
    rows = with_z(tables.collect("regress_linear_summary", "").frame)
    assert rows["mean_z"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(("fraction", "deviation"), [(0.5, 0.0), (0.5 + 1e-16, 0.0), (0.4, 0.1)])
def test_the_optimal_fraction_of_wide_models_only(tmp_path: Path, fraction: float, deviation: float) -> None:
    tables = RunTables([optimal_set_run(tmp_path, fraction=fraction)])
    assert FRACTION_DEVIATION.of().of_all(tables)["value"].tolist() == [pytest.approx(deviation)]
