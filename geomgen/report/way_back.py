"""Report ``way-back``: how far ways of training lead a trained network back to where it began."""

import math
from collections.abc import Iterator
from textwrap import fill
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.numerics.estimate import Estimate
from geomgen.report.averages import averaged, label
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.content import MadeFigure, MadeReport, records
from geomgen.report.gone_on import QUANTITIES, gone_on
from geomgen.report.layout import listed_table
from geomgen.report.quantities.volume import LOG_DET
from geomgen.report.report import Report, sources

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "way-back"
QUESTION = "Which ways of training lead a trained network back to where it began, and how far?"
TITLE = "Trained networks that go on in other ways; the share of the way back with its 95 % interval"
KEYS = ["width", "quantity", "way"]
SPECS = dict.fromkeys(("before", "trained", "value", "from_start"), ".4g") | {"back": ".2f"}
ENDS = ("low", "high")
LINES: Any = {"before": ("before training", ":"), "trained": ("trained, where the ways begin", "-")}
POINTS = {"value": ("at the end of the way", "o", "full"), "from_start": ("trained so from the start", "s", "none")}
ROW, HALF_ROW, INCHES_PER_ROW, WRAPPED = 1.0, 0.42, 0.5, 34


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return each quantity at the end of each way, beside the network before and after training, and from the start.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no training went on from another run or learned from it.
    """
    means = _ordered(averaged(_of_all_seeds(gone_on(tables).dropna(subset="value")), KEYS, list(SPECS)))
    ends = {f"back_{end}": list(_ends(means, "back", end)) for end in ENDS}
    options = [
        name for name in map(str, means) if name not in {*KEYS, "seeds"} and name.removesuffix("_std") not in SPECS
    ]
    told_apart = not means.duplicated(KEYS).any()
    shown = means.assign(**ends).drop(columns=["back_std", *(options if told_apart else [])])
    numbers = _numbers(means, [] if told_apart else options)
    table = listed_table(NAME, TITLE, QUESTION, shown, SPECS)
    return MadeReport((table,), (MadeFigure(NAME, QUESTION, numbers, _plot),), LOG_DET.rows(tables).notes)


def _of_all_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with each number that all seeds of a way have: means and intervals are of the same networks."""
    known = rows.groupby([SETTING, *KEYS])[list(SPECS)].transform(lambda values: values.notna().all())
    return rows.assign(**{name: rows[name].where(known[name]) for name in SPECS})


def _ordered(means: pd.DataFrame) -> pd.DataFrame:
    """Return means quantity by quantity."""
    order = {one.title: place for place, one in enumerate(QUANTITIES)}
    places = means["quantity"].map(order)
    return (
        means.assign(place=places).sort_values(["place", *KEYS], kind="stable", ignore_index=True).drop(columns="place")
    )


def _ends(means: pd.DataFrame, name: str, end: str) -> Iterator[float]:
    """Yield one end of the interval of each mean over seeds."""
    for row in records(means):
        count = int(row["seeds"])
        stderr = row[f"{name}_std"] / math.sqrt(count) if count > 1 else math.nan
        yield float(getattr(Estimate(row[name], stderr, count - 1, count), end))


def _numbers(means: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    """Return means with their intervals, and the name of each network's way as its series."""
    sized = ["width", *options] if means["width"].nunique() > 1 else options
    series = [", ".join(filter(None, [row["way"], label(sized, row) if sized else ""])) for row in records(means)]
    ends = {f"{name}_{end}": list(_ends(means, name, end)) for name in POINTS for end in ENDS}
    return means.assign(series=series, **ends)[["series", "quantity", *LINES, *POINTS, *ends, "seeds"]]


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Draw a panel for each quantity with a line of it for each way: points with intervals, between two references."""
    from geomgen.report.figures import panels

    shown = [one for one in QUANTITIES if one.title in set(numbers["quantity"])]
    figure, axes = panels(len(shown), share=False, beside=False)
    ways = list(dict.fromkeys(numbers["series"]))
    figure.set_figheight(figure.get_figheight() / 2 + INCHES_PER_ROW * len(ways))
    for ax, one in zip(axes, shown, strict=True):
        _draw(ax, numbers[numbers["quantity"] == one.title], ways)
        ax.set_xlabel(f"{one.title[0].upper()}{one.title[1:]}" + (f" ({one.unit})" if one.unit else ""))
    named = dict(zip(*reversed(axes[0].get_legend_handles_labels()), strict=True))
    figure.legend(list(named.values()), list(named), loc="outside lower center", ncols=2, fontsize="small")
    return figure


def _draw(ax: "Axes", part: pd.DataFrame, ways: list[str]) -> None:
    from geomgen.report.figures import OKABE_ITO

    heights = part["series"].map(ways.index) * ROW
    for name, (words, line) in LINES.items():
        ax.vlines(part[name], heights - HALF_ROW, heights + HALF_ROW, colors="0.35", linestyles=line, label=words)
    for place, (name, (words, marker, filled)) in enumerate(POINTS.items()):
        colour, lifted = OKABE_ITO[place], heights + (0.15 if place else -0.15)
        half = (part[f"{name}_high"] - part[f"{name}_low"]) / 2
        ax.errorbar(
            part[name], lifted, xerr=half.fillna(0),
            color=colour, marker=marker, fillstyle=filled, linestyle="", label=words,
        )  # fmt: skip
    ax.set_yticks(range(len(ways)), [fill(way, WRAPPED) for way in ways])
    ax.set_ylim(len(ways) - 0.5, -0.5)


REPORT = Report(NAME, QUESTION, sources(LOG_DET), make)
