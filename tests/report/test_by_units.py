"""Curves along the units of networks: what names them, and what is left out."""

from pathlib import Path

import pytest

from geomgen.report.by_units import along_units, shape
from geomgen.report.collect import RunTables
from tests.report.made_up_posteriors import WIDENING, posterior_run


def test_a_curve_runs_along_units_and_learning_rates_together(tmp_path: Path) -> None:
    runs = [
        posterior_run(tmp_path, WIDENING | {"hidden": hidden, "lr": lr, "seed": seed}, error_sgd=0.1 * (seed + 1))
        for hidden, lr in (("8", 1.0), ("16", 0.5))
        for seed in (0, 1)
    ]
    rows = RunTables(runs).collect("posterior_summary", "").frame
    found = along_units(rows, [], ["error_sgd"])
    assert dict(zip(found["units"], found["series"], strict=True)) == {8: "measured", 16: "measured"}
    assert found["error_sgd"].tolist() == pytest.approx([0.15, 0.15])


def test_several_learning_rates_at_a_width_are_told_apart(tmp_path: Path) -> None:
    runs = [posterior_run(tmp_path, WIDENING | {"hidden": "8,8", "lr": lr}) for lr in (1.0, 0.5)]
    found = along_units(RunTables(runs).collect("posterior_summary", "").frame, [], ["error_sgd"])
    assert sorted(found["series"]) == ["lr 0.5", "lr 1"]


def test_layers_that_are_alike_are_counted() -> None:
    assert [shape(hidden) for hidden in ("8", "40,40", "40,20")] == ["1 layer", "2 layers alike", "40,20"]
