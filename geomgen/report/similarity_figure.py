"""Figure of report ``similarity``: overlaid histograms, one panel per network."""

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geomgen.report.figures import OKABE_ITO, TITLE_WIDTH, panels

BLUE, ORANGE, GREEN, PINK, YELLOW, SKY, BLACK = OKABE_ITO
LOOKS: dict[str, dict[str, Any]] = {
    "initial": {"color": BLUE, "linestyle": "-", "linewidth": 1.8},
    "initial, predicted at infinite width": {"color": BLACK, "linestyle": "-", "linewidth": 0.7, "zorder": 3},
    "initial, pixels permuted": {"color": GREEN, "linestyle": (0, (4, 1.5)), "linewidth": 1.4},
    "initial, control 2: Gaussian": {"color": SKY, "linestyle": "-", "linewidth": 2.6, "alpha": 0.8},
    "initial, control 1: units permuted": {"color": BLACK, "linestyle": (0, (1, 1.2)), "linewidth": 1.4},
    "initial, Gaussian unit by unit": {"color": PINK, "linestyle": (0, (3, 1, 1, 1, 1, 1)), "linewidth": 1.1},
    "trained": {"color": ORANGE, "linestyle": "-", "linewidth": 1.1},
    "trained, pixels permuted": {"color": YELLOW, "linestyle": (0, (7, 2)), "linewidth": 1.4},
}

LEAST = 2e-3
MARGIN = 0.03


def plot(numbers: pd.DataFrame, metric: str) -> Figure:
    """Return a panel for each network, all on the same axes.

    Args:
        numbers: Densities of the bins ``bin_low`` to ``bin_high`` of each ``panel`` and ``series``.
        metric: What the horizontal axis is.
    """
    groups = list(numbers.groupby("panel", sort=False))
    figure, axes = panels(len(groups), beside=False)
    for ax, (panel, group) in zip(axes, groups, strict=True):
        ax.set_title(fill(str(panel), TITLE_WIDTH))
        ax.set_xlabel(metric[0].upper() + metric[1:])
        ax.set_ylabel("Density of pairs")
        _draw(ax, group)
    _scale(axes[0], numbers)
    names = [name for name in LOOKS if name in set(numbers["series"])]
    handles = [Line2D([], [], label=name, **LOOKS[name]) for name in names]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    return figure


def _draw(ax: Axes, group: pd.DataFrame) -> None:
    for name, look in LOOKS.items():
        bins = group[group["series"] == name].sort_values("bin_low")
        if not bins.empty:
            ax.plot((bins["bin_low"] + bins["bin_high"]) / 2, bins["density"], **look)


def _scale(ax: Axes, numbers: pd.DataFrame) -> None:
    """Limit the axes to non-empty bins; densities are logarithmic: wide networks' controls are narrow and high."""
    filled = numbers[numbers["density"] > LEAST]
    ax.set_xlim(filled["bin_low"].min() - MARGIN, filled["bin_high"].max() + MARGIN)
    ax.set_yscale("log")
    ax.set_ylim(LEAST, 2 * filled["density"].max())
