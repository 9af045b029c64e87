"""Line figures of reports: panels of quantities against one axis, a line for each series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.averages import label
from geomgen.report.content import MadeFigure, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_SERIES, MAX_MARKERS, LEGEND_WIDTH, ONE_COLUMN, LINE_INCHES = 9, 12, 60, 40, 0.14
BAR = {"marker": "_", "markersize": 16, "markeredgewidth": 4}
"""How an exact value alone is drawn, of which a line would show nothing."""
STATES = {"initial": "initial", "final": "trained"}


@dataclass(frozen=True)
class Panel:
    """One panel of a figure.

    Attributes:
        column: What is plotted; if there is a column of that name with ``_std``, it is the error bar.
        label: Label of the vertical axis.
        scale: ``linear`` or ``log``.
        stderr: Column of error bars in place of the spread over seeds.
        theory: Column of exact values, drawn as a broad pale line; infinite ones are left out.
        source: What the legend calls them.
        bottom: Where the vertical axis begins, if not below the smallest value.
        level: Where a thin horizontal line is drawn, if anywhere.
    """

    column: str
    label: str
    scale: str = "linear"
    stderr: str = ""
    theory: str = ""
    source: str = "exact"
    bottom: float | None = None
    level: float | None = None

    def spread_of(self, line: pd.DataFrame) -> pd.Series | None:
        """Return the lengths of a line's error bars; None if it has none."""
        return line.get(self.stderr or f"{self.column}_std")

    def can_show(self, values: pd.Series) -> bool:
        """Return whether any of the values has a place on the vertical axis."""
        return bool((values > 0).any() if self.scale == "log" else values.notna().any())


@dataclass(frozen=True)
class Axis:
    """The horizontal axis of a figure.

    Attributes:
        column: What it is.
        label: Its label.
        scale: ``linear``, ``log``, ``symlog`` (with a place for 0), ``doubling`` (logarithmic, every value labelled) or
            ``whole`` (whole numbers).
        threshold: Column of where each series has a vertical line.
        meaning: What that line marks.
    """

    column: str
    label: str
    scale: str = "linear"
    threshold: str = ""
    meaning: str = ""


WIDTH = Axis("width", "Width (units in each hidden layer)", "doubling")
STEPS = Axis("step", "Steps", "whole")


def curves(name: str, question: str, numbers: pd.DataFrame, axis: Axis, panels: Sequence[Panel]) -> MadeFigure:
    """Return a figure with a line for each series in each panel; trained ones are hollow and dashed.

    Args:
        name: Stem of its files.
        question: The question that it answers.
        numbers: The axis, the panels' columns with their spreads, the name of each row's ``series``, and its ``state``
            if lines of two states are to be told apart.
        axis: The horizontal axis.
        panels: Those whose column is missing, or has nothing to show, are left out.

    Returns:
        The figure; without numbers if all panels are left out.
    """
    shown = [panel for panel in panels if panel.column in numbers and panel.can_show(numbers[panel.column])]
    numbers = numbers.drop(columns=[f"{panel.theory}_std" for panel in shown], errors="ignore")
    numbers = numbers if shown else numbers.iloc[:0]
    return MadeFigure(name, question, numbers, partial(plot, axis, shown))


def plot(axis: Axis, shown: Sequence[Panel], numbers: pd.DataFrame) -> "Figure":
    """Draw the lines, with one legend below."""
    from geomgen.report.figures import panels

    figure, axes = panels(len(shown), share=False, beside=False)
    for ax, panel in zip(axes, shown, strict=True):
        draw_lines(ax, numbers, axis, panel)
        ax.set_ylabel(panel.label)
        ax.set_yscale(panel.scale)
        if panel.level is not None:
            ax.axhline(panel.level, color="0.45", linewidth=0.8, linestyle=":")
        ax.set_ylim(bottom=panel.bottom)
        scale_axis(ax, axis, numbers[axis.column])
    named = {name: handle for ax in axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)}
    long = any(len(name) > ONE_COLUMN for name in named)
    size = {"ncols": 1, "fontsize": "x-small"} if long else {"ncols": 2, "fontsize": "small"}
    if long:
        figure.set_figheight(figure.get_figheight() + LINE_INCHES * "\n".join([*named, ""]).count("\n"))
    figure.legend(list(named.values()), list(named), loc="outside lower center", **size)
    return figure


def draw_lines(ax: "Axes", numbers: pd.DataFrame, axis: Axis, panel: Panel) -> None:
    """Draw a panel's lines, each series in its own colour, marker and line, the same in every panel."""
    from geomgen.report.figures import TRAINED_LOOK, series_look

    looks = {series: series_look(index) for index, series in enumerate(numbers["series"].unique())}
    for (series, state), line in _lines(numbers.dropna(subset=panel.column)):
        ordered = line.sort_values(axis.column)
        look = looks[series] | (TRAINED_LOOK if state == "trained" else {"linestyle": "-"} if state else {})
        name = fill(", ".join(filter(None, [series, state])), LEGEND_WIDTH)
        _draw_line(ax, ordered[axis.column], ordered[panel.column], panel.spread_of(ordered), look | {"label": name})
        _draw_references(ax, ordered, axis, panel, look["color"])


def _draw_line(ax: "Axes", x: pd.Series, y: pd.Series, spread: pd.Series | None, look: Mapping[str, Any]) -> None:
    """Draw a line with error bars; one of many points with few markers, and its spread as a band."""
    marked = max(1, len(x) // MAX_MARKERS)
    if marked > 1 and spread is not None:
        ax.fill_between(x, y - spread, y + spread, color=look["color"], alpha=0.2, linewidth=0)
        spread = None
    ax.errorbar(x, y, spread, markevery=marked, **look)


def _draw_references(ax: "Axes", line: pd.DataFrame, axis: Axis, panel: Panel, colour: str) -> None:
    """Draw a series' exact values and its threshold, in its colour; in the legend each is named once."""
    if panel.theory in line:
        exact = line[panel.theory].where(np.isfinite(line[panel.theory]))
        name = panel.source if exact.notna().any() else None
        look: dict[str, Any] = {"color": colour, "linewidth": 4, "alpha": 0.3} | (
            BAR if exact.notna().sum() == 1 else {}
        )
        ax.plot(line[axis.column], exact, label=name, **look)
    if axis.threshold:
        ax.axvline(line[axis.threshold].iloc[0], color=colour, linewidth=0.8, linestyle=":", label=axis.meaning)


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
        if axis.scale == "symlog":
            ax.set_xlim(left=0)


def fitting(numbers: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the first series, as many as a figure shows well, and a note on the others."""
    names = numbers["series"].unique()
    left = (
        [f"The figure leaves out {len(names) - MAX_SERIES} of {len(names)} lines."] if len(names) > MAX_SERIES else []
    )
    return numbers[numbers["series"].isin(names[:MAX_SERIES])], left


def named(numbers: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """Return numbers with the name of each row's ``series``: those of the named columns in which rows differ."""
    differing = [name for name in names if numbers[name].nunique(dropna=False) > 1]
    return numbers.assign(series=[label(differing, row) or "measured" for row in records(numbers)])


def along(numbers: pd.DataFrame, names: Sequence[str], axis: str) -> pd.DataFrame:
    """Return the series of numbers that have several places on an axis, or all if none has, with names as of `named`.

    Args:
        numbers: Of all series.
        names: Columns that tell the series apart.
        axis: Column of the axis.
    """
    several = named(numbers, names).groupby("series")[axis].transform("nunique") > 1
    return named(numbers[several] if several.any() else numbers, names)


def of_kind(numbers: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return named numbers as curves of a kind: their ``series`` begins with it, and goes on only if there are several.

    What their ``series`` was is their ``setting``.
    """
    settings = numbers["series"]
    names = kind + ", " + settings if settings.nunique() > 1 else kind
    return numbers.rename(columns={"series": "setting"}).assign(series=names)


def by_state(rows: pd.DataFrame, names: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """Return rows in which columns of several states are under each other.

    Args:
        rows: One column per quantity and state, with their spreads and numbers of seeds.
        names: The quantity and the state of each column.
    """
    about: Any = [name for name in rows if str(name).removesuffix("_std").removesuffix("_seeds") not in names]
    parts = []
    for state in dict.fromkeys(state for _, state in names.values()):
        own = {column: quantity for column, (quantity, its) in names.items() if its == state and column in rows}
        ends = [(column, end) for column in own for end in ("std", "seeds") if f"{column}_{end}" in rows]
        beside = {f"{column}_{end}": f"{own[column]}_{end}" for column, end in ends}
        part = rows[[*about, *own, *beside]].rename(columns=own | beside)
        parts.append(part.assign(state=state).dropna(subset=list(own.values()), how="all"))
    return pd.concat(parts, ignore_index=True)
