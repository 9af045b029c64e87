"""Line figures: each series and state in one look, references beside them, and what does not fit."""

from typing import cast

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import FillBetweenPolyCollection
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.lines import Line2D

from geomgen.report.curves import WIDTH, Axis, Panel, along, by_state, curves, fitting, named, of_kind

STEPS = Axis("step", "Steps", "log")
NUMBERS = pd.DataFrame({
    "series": ["a", "a", "b", "b"],
    "step": [10, 1, 1, 10],
    "loss": [2.0, 1.0, 3.0, 4.0],
    "loss_std": [0.1, 0.2, np.nan, np.nan],
    "nothing": np.nan,
})


def _lines(ax: Axes) -> dict[str, Line2D]:
    """Return the line of each name."""
    return {str(container.get_label()): cast("ErrorbarContainer", container).lines[0] for container in ax.containers}


def test_a_line_of_each_series_in_each_panel_that_has_numbers() -> None:
    panels = (Panel("loss", "Loss", "log"), Panel("nothing", "Nothing"), Panel("missing", "Missing"))
    figure = curves("name", "How?", NUMBERS, STEPS, panels)
    assert (figure.name, figure.question) == ("name", "How?")
    drawn = figure.draw()
    (ax,) = drawn.axes
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_xscale(), ax.get_yscale()) == ("Steps", "Loss", "log", "log")
    lines = list(_lines(ax).values())
    assert [np.asarray(line.get_ydata()).tolist() for line in lines] == [[1, 2], [3, 4]]
    assert len({to_hex(line.get_color()) for line in lines}) == 2
    assert [words.get_text() for words in drawn.legends[0].get_texts()] == ["a", "b"]


@pytest.mark.parametrize(("num_points", "is_band"), [(10, False), (30, True)])
def test_the_spread_of_a_line_of_many_points_is_a_band(num_points: int, is_band: bool) -> None:
    steps = np.arange(num_points)
    numbers = pd.DataFrame({"series": "a", "step": steps, "loss": 2.0 + steps, "loss_std": 0.5})
    (ax,) = curves("name", "How?", numbers, Axis("step", "Steps"), (Panel("loss", "Loss"),)).draw().axes
    bands = [band for band in ax.collections if isinstance(band, FillBetweenPolyCollection)]
    assert len(bands) == is_band
    (line,) = (cast("ErrorbarContainer", container) for container in ax.containers)
    assert line.has_yerr is not is_band
    for band in bands:
        assert {(x, y) for x, y in np.asarray(band.get_paths()[0].vertices).tolist()} >= {
            (0, 1.5),
            (0, 2.5),
            (29, 30.5),
            (29, 31.5),
        }


def test_a_panel_with_nothing_to_show_is_left_out_and_a_figure_of_such_panels_has_no_numbers() -> None:
    numbers = NUMBERS.assign(zero=0.0)
    (ax,) = curves("name", "How?", numbers, STEPS, (Panel("zero", "Zero", "log"), Panel("zero", "Zero"))).draw().axes
    assert ax.get_yscale() == "linear"
    assert curves("name", "How?", numbers, STEPS, (Panel("zero", "Zero", "log"), Panel("nothing", "No"))).numbers.empty


def test_trained_lines_are_hollow_and_dashed_in_the_colour_of_their_series() -> None:
    numbers = pd.concat([NUMBERS.assign(state="initial"), NUMBERS.assign(state="trained")])
    drawn = curves("name", "How?", numbers, STEPS, (Panel("loss", "Loss"),)).draw()
    lines = _lines(drawn.axes[0])
    assert list(lines) == ["a, initial", "b, initial", "a, trained", "b, trained"]
    first, trained = lines["a, initial"], lines["a, trained"]
    assert (first.get_linestyle(), trained.get_linestyle()) == ("-", "--")
    assert (trained.get_markerfacecolor(), trained.get_color()) == ("none", first.get_color())


def test_references_are_drawn_beside_the_lines() -> None:
    numbers = NUMBERS.assign(exact=[1.0, np.inf, 1.0, 1.0], many=5)
    axis = Axis("step", "Steps", "whole", "many", "as many")
    (ax,) = (
        curves("name", "How?", numbers, axis, (Panel("loss", "Loss", theory="exact", level=2.0, bottom=0.0),))
        .draw()
        .axes
    )
    ends = [(np.unique(line.get_xdata()).tolist(), np.unique(line.get_ydata()).tolist()) for line in ax.lines]
    assert ([0, 1], [2]) in ends
    assert ([5], [0, 1]) in ends
    assert ax.get_ylim()[0] == 0
    (legend,) = ax.figure.legends
    assert [words.get_text() for words in legend.get_texts()] == ["exact", "as many", "a", "b"]


def test_a_legend_of_long_names_takes_no_room_from_the_lines() -> None:
    long = NUMBERS.assign(series=[f"{name} {'of long names ' * 8}" for name in NUMBERS["series"]])
    heights = []
    for numbers in (NUMBERS, long):
        drawn = curves("name", "How?", numbers, STEPS, (Panel("loss", "Loss"),)).draw()
        drawn.draw_without_rendering()
        heights.append(drawn.axes[0].get_window_extent().height)
    assert heights[1] >= 0.95 * heights[0]


def test_every_width_is_labelled() -> None:
    numbers = NUMBERS.rename(columns={"step": "width"})
    (ax,) = curves("name", "How?", numbers, WIDTH, (Panel("loss", "Loss"),)).draw().axes
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1", "10"]


def test_of_many_lines_the_first_are_kept_and_the_others_counted() -> None:
    numbers = pd.DataFrame({"series": [f"line {index}" for index in range(12)], "step": 1, "loss": 1.0})
    shown, notes = fitting(numbers)
    assert shown["series"].tolist() == [f"line {index}" for index in range(9)]
    assert notes == ["The figure leaves out 3 of 12 lines."]
    assert fitting(NUMBERS)[1] == []


def test_series_are_named_by_what_differs() -> None:
    numbers = pd.DataFrame({"samples": [10, 20], "ridge": 0.5, "noise": [0.1, np.nan]})
    assert named(numbers, ["samples", "ridge", "noise"])["series"].tolist() == [
        "samples 10, noise 0.1",
        "samples 20",
    ]
    assert named(numbers, ["ridge"])["series"].tolist() == ["measured"] * 2


def test_series_along_an_axis_are_named_by_what_sets_them_apart_there() -> None:
    numbers = pd.DataFrame({"width": [4, 8, 4, 8, 4], "depth": [1, 1, 1, 1, 2], "lr": [0.1, 0.1, 0.2, 0.2, 0.1]})
    found = along(numbers, ["depth", "lr"], "width")
    assert found["series"].tolist() == ["lr 0.1", "lr 0.1", "lr 0.2", "lr 0.2"]
    assert along(numbers[:1], ["depth", "lr"], "width")["series"].tolist() == ["measured"]


def test_curves_of_a_kind_are_named_by_their_setting_only_if_there_are_several() -> None:
    numbers = pd.DataFrame({"series": ["a", "b"], "value": [1.0, 2.0]})
    assert of_kind(numbers, "bound")["series"].tolist() == ["bound, a", "bound, b"]
    assert of_kind(numbers[:1], "bound")["series"].tolist() == ["bound"]
    assert of_kind(numbers, "bound")["setting"].tolist() == ["a", "b"]


def test_columns_of_states_go_under_each_other() -> None:
    rows = pd.DataFrame({"width": [1, 2], "initial_loss": [1.0, np.nan], "trained_loss": [3.0, 4.0],
                         "initial_loss_std": 0.1, "trained_loss_std": 0.2, "trained_loss_seeds": [5, 6]})  # fmt: skip
    under = by_state(rows, {"initial_loss": ("loss", "initial"), "trained_loss": ("loss", "trained")})
    assert under.to_dict("list") == {
        "width": [1, 1, 2],
        "loss": [1, 3, 4],
        "loss_std": [0.1, 0.2, 0.2],
        "state": ["initial", "trained", "trained"],
        "loss_seeds": pytest.approx([np.nan, 5, 6], nan_ok=True),
    }


@pytest.mark.parametrize("scale", ["linear", "log", "whole"])
def test_scales_of_the_horizontal_axis(scale: str) -> None:
    (ax,) = curves("name", "How?", NUMBERS, Axis("step", "Steps", scale), (Panel("loss", "Loss"),)).draw().axes
    assert ax.get_xscale() == ("log" if scale == "log" else "linear")


def test_exact_values_are_named_in_the_colour_of_a_series_that_has_some() -> None:
    numbers = NUMBERS.assign(exact=[2.0, 1.0, np.nan, np.nan])
    (ax,) = curves("name", "How?", numbers, STEPS, (Panel("loss", "Loss", theory="exact"),)).draw().axes
    (exact,) = (line for line in ax.lines if line.get_label() == "exact")
    assert to_hex(exact.get_color()) == to_hex(_lines(ax)["a"].get_color())
    assert exact.get_marker() == "None"


def test_one_exact_value_is_a_bar() -> None:
    numbers = NUMBERS.assign(exact=[2.0, np.nan, np.nan, np.nan])
    (ax,) = curves("name", "How?", numbers, STEPS, (Panel("loss", "Loss", theory="exact"),)).draw().axes
    (exact,) = (line for line in ax.lines if line.get_label() == "exact")
    assert exact.get_marker() == "_"
