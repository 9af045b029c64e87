"""The common style of all figures, and their files, which are byte-identical whenever the numbers are equal."""

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, NullLocator

from geomgen.store.files import write_file

OKABE_ITO = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "^", "s", "D", "v")
TRAINED_LOOK: dict[str, Any] = {"linestyle": "--", "markerfacecolor": "none"}
LINES = ("-", "--", ":", "-.")
STYLE: Any = {
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=OKABE_ITO),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "errorbar.capsize": 2,
    "figure.constrained_layout.h_pad": 0.09,
    "font.size": 9,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 3,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
    "pdf.fonttype": 42,
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "geomgen",
}
UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {"Software": None}}
PANEL_INCHES = (4.6, 3.8)
LEGEND_INCHES = (2.0, 0.8)
MAX_COLUMNS = 2
MAX_LABELLED = 12
TITLE_WIDTH = 45
LABELLED_DECADES = (2, 0.7)
"""Between powers of ten, some ticks are labelled on axes of less than the first, and all of less than the second."""


@contextmanager
def style() -> Iterator[None]:
    """Draw and save in geomgen's style, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def panels(count: int, *, share: bool = True, beside: bool = True) -> tuple[Figure, list[Axes]]:
    """Return a figure with a number of axes, and room for a legend.

    Args:
        count: Number of axes, at least one.
        share: Whether all axes have the same scales; each shows them.
        beside: Whether the legend is on the right, not below.
    """
    columns = min(count, MAX_COLUMNS)
    rows = math.ceil(count / columns)
    room = (LEGEND_INCHES[0], 0.0) if beside else (0.0, LEGEND_INCHES[1])
    size_inches = (columns * PANEL_INCHES[0] + room[0], rows * PANEL_INCHES[1] + room[1])
    figure = Figure(figsize=size_inches, layout="constrained")
    axes = list(figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).flat)
    for unused in axes[count:]:
        unused.remove()
    for ax in axes[:count]:
        ax.tick_params(labelbottom=True, labelleft=True)
    return figure, axes[:count]


def width_axis(ax: Axes, widths: Iterable[int]) -> None:
    """Make the horizontal axis one of network widths."""
    doubling_axis(ax, widths, "Width (units in each hidden layer)")


def doubling_axis(ax: Axes, counts: Iterable[int], label: str) -> None:
    """Make the horizontal axis one of doublings, with every count labelled if there are not too many."""
    distinct = sorted({int(count) for count in counts})
    ax.set_xlabel(label)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_minor_locator(NullLocator())
    if len(distinct) <= MAX_LABELLED:
        ax.set_xticks(distinct, [str(count) for count in distinct], rotation=45, ha="right", rotation_mode="anchor")


def series_look(index: int) -> dict[str, Any]:
    """Return colour, marker and line of a figure's series by its number; marker and line distinguish it in grey."""
    return {
        "color": OKABE_ITO[index % len(OKABE_ITO)],
        "marker": MARKERS[index % len(MARKERS)],
        "linestyle": LINES[index % len(LINES)],
    }


def save_figure(figure: Figure, folder: Path, stem: str) -> list[Path]:
    """Write a figure as PDF (fonts embedded), SVG (text as paths) and PNG (200 dpi).

    Returns:
        Their paths.

    Raises:
        DiskError: If the disk refuses.
    """
    with style():
        _label_between_powers(figure)
        figure.draw_without_rendering()
        figure.set_layout_engine(None)  # with one, even an empty one, each file is drawn twice
    return [_save(figure, folder / f"{stem}.{format}", format) for format in UNDATED]


def _label_between_powers(figure: Figure) -> None:
    """Label ticks of short logarithmic axes, which have one power of ten or none."""
    for axis in (one for ax in figure.axes for one in (ax.xaxis, ax.yaxis)):
        if axis.get_scale() == "log" and not isinstance(axis.get_minor_locator(), NullLocator):
            axis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=LABELLED_DECADES))


def _save(figure: Figure, path: Path, format: str) -> Path:
    with style():
        write_file(path, lambda partial: figure.savefig(partial, format=format, metadata=UNDATED[format]))
    return path
