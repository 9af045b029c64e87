"""Figure of report ``width-logdet``: log determinant against width, one colour per state, one marker per condition."""

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from geomgen.report.figures import OKABE_ITO, TITLE_WIDTH, panels, width_axis

STATES = {"initial": OKABE_ITO[0], "trained": OKABE_ITO[1]}
CONDITIONS: dict[str, dict[str, Any]] = {
    "": {"marker": "o", "linestyle": "-"},
    "_control": {"marker": "^", "linestyle": "--"},
    "_permuted_pixels": {"marker": "s", "linestyle": ":"},
}
STYLES = {
    state + condition: {"color": colour, **look}
    for state, colour in STATES.items()
    for condition, look in CONDITIONS.items()
}

HOLLOW: dict[str, Any] = {"markersize": 8, "markerfacecolor": "none", "markeredgewidth": 0.8, "linewidth": 0.6}


def plot(numbers: pd.DataFrame) -> Figure:
    """Return a panel for each setting, all on the same axes.

    Args:
        numbers: Means and spreads over seeds by width, and the name of each row's ``panel``. If it has a column
            ``source`` and some are ``published``, they are drawn with the others in each panel, hollow.
    """
    is_published = numbers.get("source", pd.Series("measured", numbers.index)) == "published"
    published, groups = numbers[is_published], list(numbers[~is_published].groupby("panel", sort=False))
    figure, axes = panels(len(groups))
    for ax, (panel, group) in zip(axes, groups, strict=True):
        ax.set_ylabel("Log determinant (nats)")
        ax.set_title(fill(str(panel), TITLE_WIDTH))
        _draw_series(ax, group, published)
        _scale(ax, numbers)
    figure.legend(handles=_legend(not published.empty), loc="outside right center")
    return figure


def _draw_series(ax: Axes, frame: pd.DataFrame, published: pd.DataFrame) -> None:
    for name, look in STYLES.items():
        ax.errorbar(frame["hidden"], frame[name], frame[f"{name}_std"], **look)
        if not published.empty:
            ax.plot(published["hidden"], published[name], **look | HOLLOW)


def _scale(ax: Axes, frame: pd.DataFrame) -> None:
    """Set scales and ticks for all values of a frame."""
    width_axis(ax, frame["hidden"])
    if not (frame[list(STYLES)] <= 0).any(axis=None):
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter("{x:,.0f}")


def _legend(compared: bool) -> list[Line2D]:
    series = [Line2D([], [], label=name.replace("_", " "), **look) for name, look in STYLES.items()]
    grey: dict[str, Any] = {"color": "0.3", "marker": "o"}
    key = [Line2D([], [], label="measured", **grey), Line2D([], [], label="published", **grey | HOLLOW)]
    return [*series, *key] if compared else series
