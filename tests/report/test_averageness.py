"""Report ``averageness``: spreads over networks, by law and width."""

from pathlib import Path

import pytest

from geomgen.errors import NoDataError
from geomgen.report.averageness import REPORT
from geomgen.report.collect import RunTables
from tests.report.made_up_posteriors import WIDENING, posterior_run


def test_spreads_stand_beside_each_other_by_law_and_width(tmp_path: Path) -> None:
    runs = [
        posterior_run(tmp_path, WIDENING | {"hidden": str(width), "lr": 8 / width, "seed": seed}, spread=1 / width)
        for width in (8, 16)
        for seed in (0, 1)
    ]
    made = REPORT.build(RunTables(runs))
    frame = made.main.frame
    assert frame.groupby("law")["seeds"].sum().to_dict() == {"trained": 4, "drawn": 4}
    assert frame["test_error"].tolist() == pytest.approx([0.4] * 4)
    (figure,) = made.figures
    numbers = figure.numbers[figure.numbers["series"] == "law drawn"].set_index("units")
    for spread in ("test_error_spread", "log_trace_spread", "log_volume_spread"):
        assert numbers[spread].to_dict() == pytest.approx({8: 1 / 8, 16: 1 / 16})
    figure.draw()


def test_a_perceptron_has_no_width(tmp_path: Path) -> None:
    run = posterior_run(tmp_path, {"hidden": "none", "optimal_points": 2})
    with pytest.raises(NoDataError, match="No networks with a hidden layer have points"):
        REPORT.build(RunTables([run]))


def test_points_of_chains_that_have_not_converged_are_left_out_with_a_note(tmp_path: Path) -> None:
    runs = [
        posterior_run(tmp_path, WIDENING | {"hidden": "8", "lr": 1.0, "seed": seed}, spread, points_converged=converged)
        for seed, (spread, converged) in enumerate([(0.1, True), (0.9, False), (0.3, None)])
    ]
    made = REPORT.build(RunTables(runs))
    spreads = made.main.frame.set_index("law")["test_error_spread"]
    assert spreads["drawn"] == pytest.approx(0.2)
    assert spreads["trained"] == pytest.approx((0.1 + 0.9 + 0.3) / 3)
    assert "Left out: drawn networks of 1 run whose chains have not converged." in made.notes
