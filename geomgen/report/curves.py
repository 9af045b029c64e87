"""Line figures of reports: panels of quantities against one axis, a line for each series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.report.content import MadeFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_SERIES, MAX_MARKERS, LEGEND_WIDTH, ONE_COLUMN = 8, 12, 60, 40
STATES = {"initial": "initial", "final": "trained"}


@dataclass(frozen=True)
class Panel:
    """One panel of a figure.

    Attributes:
        column: What is plotted; if there is a column of that name with ``_std``, it is the error bar.
        label: Label of the vertical axis.
        scale: ``linear`` or ``log``.
    """

    column: str
    label: str
    scale: str = "linear"


@dataclass(frozen=True)
class Axis:
    """The horizontal axis of a figure.

    Attributes:
        column: What it is.
        label: Its label.
        scale: ``linear``, ``log``, ``doubling`` (logarithmic, every value labelled) or ``whole`` (whole numbers).
    """

    column: str
    label: str
    scale: str = "linear"


WIDTH = Axis("width", "Width (units in each hidden layer)", "doubling")


def curves(name: str, question: str, numbers: pd.DataFrame, axis: Axis, panels: Sequence[Panel]) -> MadeFigure:
    """Return a figure with a line for each series in each panel; trained ones are hollow and dashed.

    Args:
        name: Stem of its files.
        question: The question that it answers.
        numbers: The axis, the panels' columns with their spreads, the name of each row's ``series``, and its ``state``
            if lines of two states are to be told apart.
        axis: The horizontal axis.
        panels: Those whose column is missing, or empty, are left out.
    """
    shown = [panel for panel in panels if panel.column in numbers and numbers[panel.column].notna().any()]
    return MadeFigure(name, question, numbers, partial(plot, axis, shown))


def plot(axis: Axis, shown: Sequence[Panel], numbers: pd.DataFrame) -> "Figure":
    """Draw the lines of at most eight series, with one legend below."""
    from geomgen.report.figures import panels

    figure, axes = panels(len(shown), share=False, beside=False)
    for ax, panel in zip(axes, shown, strict=True):
        draw_lines(ax, numbers.dropna(subset=panel.column), axis, panel)
        ax.set_ylabel(panel.label)
        ax.set_yscale(panel.scale)
        scale_axis(ax, axis, numbers[axis.column])
    handles, names = axes[0].get_legend_handles_labels()
    long = any(len(name) > ONE_COLUMN for name in names)
    figure.legend(
        handles, names, loc="outside lower center", ncols=1 if long else 2, fontsize="x-small" if long else "small"
    )
    return figure


def draw_lines(ax: "Axes", numbers: pd.DataFrame, axis: Axis, panel: Panel) -> None:
    """Draw a panel's lines, each series in its own colour, marker and line."""
    from geomgen.report.figures import TRAINED_LOOK, series_look

    looks = {series: series_look(index) for index, series in enumerate(numbers["series"].unique()[:MAX_SERIES])}
    for (series, state), line in _lines(numbers):
        if series in looks:
            ordered = line.sort_values(axis.column)
            look = looks[series] | (TRAINED_LOOK if state == "trained" else {"linestyle": "-"} if state else {})
            spread = ordered.get(f"{panel.column}_std")
            label = fill(", ".join(filter(None, [series, state])), LEGEND_WIDTH)
            marked = max(1, len(ordered) // MAX_MARKERS)
            ax.errorbar(ordered[axis.column], ordered[panel.column], spread, label=label, markevery=marked, **look)


def _lines(numbers: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    states = numbers.get("state", pd.Series("", numbers.index))
    return [((str(key[0]), str(key[1])), line) for key, line in numbers.groupby(["series", states], sort=False)]


def scale_axis(ax: "Axes", axis: Axis, values: pd.Series) -> None:
    """Label and scale the horizontal axis."""
    from matplotlib.ticker import MaxNLocator, NullFormatter

    from geomgen.report.figures import doubling_axis

    if axis.scale == "doubling":
        doubling_axis(ax, values, axis.label)
        return
    ax.set_xlabel(axis.label)
    if axis.scale == "whole":
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        ax.set_xscale(axis.scale)
        ax.xaxis.set_minor_formatter(NullFormatter())


def by_state(rows: pd.DataFrame, names: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return rows in which columns of several states are under each other.

    Args:
        rows: One column per quantity and state, with their spreads.
        names: The quantity and the state of each column.
    """
    about: Any = [name for name in rows if str(name).removesuffix("_std") not in names]
    parts = []
    for state in dict.fromkeys(state for _, state in names.values()):
        own = {column: quantity for column, (quantity, its) in names.items() if its == state and column in rows}
        spreads = {f"{column}_std": f"{quantity}_std" for column, quantity in own.items()}
        part = rows[[*about, *own, *spreads]].rename(columns=own | spreads)
        parts.append(part.assign(state=state).dropna(subset=list(own.values()), how="all"))
    return pd.concat(parts, ignore_index=True)
