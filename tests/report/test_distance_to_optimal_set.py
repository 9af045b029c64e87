"""Report ``distance-to-optimal-set``: three distances by width."""

from pathlib import Path

import pytest

from geomgen.config.nearest_point import NearestPointConfig
from geomgen.errors import NoDataError
from geomgen.experiments.nearest_point import nearest_point
from geomgen.report.collect import RunTables
from geomgen.report.distance_to_optimal_set import REPORT, WAYS
from tests.report.made_up_surfaces import surface_run


def test_distances_stand_beside_each_other_by_width(tmp_path: Path) -> None:
    runs = [
        surface_run(tmp_path, width, seed, distance_trained=4 / width + 0.1 * seed, distance_linear=3 / width)
        for width in (4, 8)
        for seed in (0, 1)
    ]
    made = REPORT.build(RunTables(runs))
    assert made.main.frame["distance_trained"].tolist() == pytest.approx([1.05, 0.55])
    (figure,) = made.figures
    assert set(figure.numbers["series"]) == set(WAYS.values())
    linear = figure.numbers[figure.numbers["series"] == WAYS["distance_linear"]].set_index("width")
    assert linear["distance"].to_dict() == pytest.approx({4: 0.75, 8: 0.375})
    assert linear["relative_distance"].isna().all()
    figure.draw()


def test_networks_of_several_depths_have_a_figure_of_their_own(tmp_path: Path) -> None:
    runs = [surface_run(tmp_path, 8, 0, depth=depth, distance_trained=1 / depth) for depth in (1, 2, 4)]
    made = REPORT.build(RunTables([*runs, surface_run(tmp_path, 4, 0)]))
    by_width, by_depth = (figure.numbers for figure in made.figures)
    assert sorted(by_width["width"].unique()) == [4, 8]
    assert set(by_width["depth"]) == {1}
    trained = by_depth[by_depth["series"] == WAYS["distance_trained"]].set_index("depth")
    assert trained["distance"].to_dict() == pytest.approx({1: 1, 2: 0.5, 4: 0.25})


def test_a_product_has_no_width(tmp_path: Path) -> None:
    product = nearest_point(NearestPointConfig(problem="product", threads=1), tmp_path)
    with pytest.raises(NoDataError, match="No run has the distances of networks"):
        REPORT.build(RunTables([product]))
