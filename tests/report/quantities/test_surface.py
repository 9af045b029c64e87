"""Quantities of the surface of parameters that fit."""

from pathlib import Path

from geomgen.report.collect import RunTables
from geomgen.report.quantities.surface import CURVATURE_RANGE, DISTANCE_RATIO, FITTED_DISTANCE, PRIOR_SLOPE
from tests.report.made_up_surfaces import surface_run


def test_each_is_read_from_its_own_column_and_law(tmp_path: Path) -> None:
    tables = RunTables([surface_run(tmp_path, 8, 0, distance_ratio=1.03, slope=0.9)])
    found = [
        quantity.rows(tables).frame["value"].tolist()
        for quantity in (DISTANCE_RATIO, FITTED_DISTANCE, CURVATURE_RANGE, PRIOR_SLOPE)
    ]
    assert found == [[1.03], [0.2], [0.3], [0.9]]
