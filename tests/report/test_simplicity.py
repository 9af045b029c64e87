"""Report ``simplicity``: means over seeds, and points of the last seed of each setting."""

from pathlib import Path

import numpy as np
import pytest

from geomgen.report.collect import RunTables
from geomgen.report.simplicity import REPORT
from tests.report.made_up_functions import functions_run


def test_means_over_seeds_and_points_of_the_last(tmp_path: Path) -> None:
    runs = [functions_run(tmp_path, seed, complexity_slope=-0.05 - 0.02 * seed) for seed in (0, 1)]
    made = REPORT.build(RunTables(runs))
    (row,) = made.main.frame.to_dict("records")
    assert (row["seeds"], row["complexity_slope"]) == (2, pytest.approx(-0.06))
    points = made.figures[0].numbers
    assert points["slope"].unique().tolist() == [pytest.approx(-0.07)]
    assert points["rank"].tolist() == [1, 2, 3]
    often = points[points["count"] >= 10]
    room = often["bound_intercept"] + often["bound_slope"] * often["lz_complexity"] - np.log10(often["probability"])
    assert room.min() == pytest.approx(0, abs=1e-12)
    assert [figure.name for figure in made.figures] == ["simplicity", "rank-frequency", "function-growth"]
    for figure in made.figures:
        figure.draw()


def test_settings_are_told_apart(tmp_path: Path) -> None:
    runs = [functions_run(tmp_path, 0), functions_run(tmp_path, 0, draws=1000, complexity_slope=None)]
    made = REPORT.build(RunTables(runs))
    assert len(made.main.frame) == 2
    assert set(made.figures[0].numbers["series"]) == {"draws 100000", "draws 1000"}
    made.figures[0].draw()
