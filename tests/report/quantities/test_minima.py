"""One number per run from the volumes of its minima."""

from pathlib import Path

import numpy as np
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.quantities.minima import (
    COUNT,
    CURVATURE_SPREAD,
    DIMENSION,
    ERROR_CORRELATION,
    EXCESS,
    LOG_NORMAL_SHARE,
    MEAN,
    NORMALITY,
    SPREAD,
    TOP_SHARE,
)
from geomgen.report.quantity import Quantity
from tests.report.made_up_minima import minima_run

NORMAL = np.random.default_rng(0).normal(size=300)


def of(quantity: Quantity, tables: RunTables) -> list[float]:
    return [float(value) for value in quantity.of().of_all(tables)["value"]]


def test_each_run_has_one_number(tmp_path: Path) -> None:
    runs = [minima_run(tmp_path, scale * NORMAL - 20, -NORMAL, seed=seed) for seed, scale in enumerate((1.0, 2.0))]
    tables = RunTables(runs)
    std = float(NORMAL.std(ddof=1))
    assert of(SPREAD, tables) == pytest.approx([std, 2 * std])
    assert of(CURVATURE_SPREAD, tables) == pytest.approx([2 * std, 4 * std])
    assert of(MEAN, tables) == pytest.approx([NORMAL.mean() - 20, 2 * NORMAL.mean() - 20])
    assert of(DIMENSION, tables) == [113, 113]
    assert of(COUNT, tables) == [300, 300]
    assert of(ERROR_CORRELATION, tables) == pytest.approx([-1, -1])
    first, second = of(TOP_SHARE, tables)
    assert 0.3 < first < 0.5 < second < 0.85
    assert [top - law for top, law in zip((first, second), of(LOG_NORMAL_SHARE, tables), strict=True)] == pytest.approx(
        of(EXCESS, tables)
    )
    assert max(map(abs, of(EXCESS, tables))) < 0.1


def test_normality_is_rejected_where_volumes_are_not(tmp_path: Path) -> None:
    tables = RunTables([minima_run(tmp_path, NORMAL), minima_run(tmp_path, np.exp(NORMAL), seed=1)])
    normal, skewed = of(NORMALITY, tables)
    assert normal > 0.01
    assert skewed < 1e-6


def test_without_new_inputs_there_is_no_correlation_with_errors(tmp_path: Path) -> None:
    assert np.isnan(of(ERROR_CORRELATION, RunTables([minima_run(tmp_path, NORMAL)]))).all()
