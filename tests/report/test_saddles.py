"""Critical points by width, and the index of each against its loss."""

import pytest

from tests.report.made_up_critical_points import network, searched
from tests.report.made_up_runs import RunMaker
from tests.report.reading import report


def test_a_row_a_width_and_every_distinct_point_drawn(make_run: RunMaker) -> None:
    made = report("saddles", searched(make_run, network, seeds=2))
    frame = made.main.frame.set_index("width")
    assert frame["dimension"].to_dict() == {1: 37, 2: 64, 4: 118}
    assert frame["saddle_share"][4] == 1
    assert frame["saddle_share"][1] < 1
    assert (frame["index_loss_correlation"] > 0.9).all()
    assert frame["seeds"].tolist() == [2, 2, 2]
    index, by_width = made.figures
    points = index.numbers[index.numbers["seed"].notna()]
    assert (
        points.groupby("series").size().to_dict()
        == (2 * frame["distinct_points"]).rename(lambda width: f"width {width}").to_dict()
    )
    axes = index.draw().axes
    assert axes[0].get_ylabel().startswith("Index")
    assert len(axes[0].lines) == 6
    assert len(by_width.draw().axes) == 4


def test_without_critical_points_no_figure_is_of_them(make_run: RunMaker) -> None:
    made = report("saddles", searched(make_run, lambda *_: []))
    assert made.main.frame["distinct_points"].tolist() == [0, 0, 0]
    assert "saddles-index" not in [figure.name for figure in made.figures]


def test_too_few_points_have_no_law(make_run: RunMaker) -> None:
    made = report("saddles", searched(make_run, lambda _size, _source: [(0.5, 0), (0.7, 4)], seeds=1, widths=[2]))
    assert "law_lowest_loss" not in made.main.frame
    assert set(made.figures[0].numbers["series"]) == {"width 2"}
    assert len(made.figures[0].draw().axes[0].lines) == 2
    assert made.main.frame["saddle_share"].tolist() == pytest.approx([0.5])
