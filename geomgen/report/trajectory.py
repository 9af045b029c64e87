"""Report ``trajectory``: how far training moves the parameters, how straight, and with how many bits per step."""

from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.claims.intervals import Interval, mean_interval, slope_interval
from geomgen.report.collect import Collected, latest_runs, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group, mean_over_seeds, unusual, with_spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "trajectory"
QUESTION = "How far from initialisation do the parameters end, by width, and does their path look Brownian?"
TRAINING, POINTS, GRADIENTS = "training", "trajectory", "implicit_regularization"
REMEDY = "Make one with: geomgen train --track implicit-regularization"
SOURCES = (Source(TRAINING, REMEDY), Source(POINTS, REMEDY, required=False), Source(GRADIENTS, REMEDY, required=False))
VALUES = ["relative_distance", "directness", "exponent", "bits_per_step"]
FEWEST_WIDTHS, FEWEST_POINTS = 3, 3
MAX_SERIES, MAX_MARKERS, LEGEND_WIDTH = 7, 12, 60


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all trainings.

    Args:
        sources: Rows of ``training``, and of ``trajectory`` and ``implicit_regularization`` if there are any.
    """
    rows, notes = latest_runs(sources[TRAINING].frame)
    options = [name for name in varying_options(rows) if rows[name].nunique(dropna=False) < rows["run_id"].nunique()]
    runs = one_a_run(rows, *(_frame(sources, name, rows) for name in (POINTS, GRADIENTS)))
    runs = runs.assign(series=[_series(options, run) for run in records(runs)])
    means = mean_over_seeds(runs, [*options, "series", "width"], VALUES)
    table = MadeTable("Where and how the parameters moved", means, _layout(means, options), NAME, QUESTION)
    fits = _fit_table(runs, options)
    figures = [MadeFigure(NAME, "How far do networks of each width move?", _widest(means), _plot_widths)]
    for source, plot, question in (
        (POINTS, _plot_paths, "How does the distance from initialisation scale with the number of steps?"),
        (GRADIENTS, _plot_bits, "How many bits does a mini-batch's gradient carry?"),
    ):
        frame = _frame(sources, source, rows)
        if len(frame):
            shown, narrowed = largest_group(frame, "width")
            numbers = shown.assign(series=[f"width {width}" for width in shown["width"]])
            figures.append(MadeFigure(f"{NAME}-{source.replace('_', '-')}", question, numbers, plot))
            notes += [f"Figure of {source.replace('_', ' ')}: {note}" for note in narrowed]
    return MadeReport((table, *fits), tuple(figures), (*sources[TRAINING].notes, *notes))


def _frame(sources: Mapping[str, Collected], name: str, rows: pd.DataFrame) -> pd.DataFrame:
    """Return a source's rows for the runs that are in other rows; no rows if it is missing."""
    if name not in sources:
        return pd.DataFrame()
    frame = sources[name].frame
    return frame[frame["run_id"].isin(set(rows["run_id"]))]


def one_a_run(rows: pd.DataFrame, points: pd.DataFrame, gradients: pd.DataFrame) -> pd.DataFrame:
    """Return the last row of each run with the directness of its path, its exponent and its bits per step.

    The exponent is the slope of ln distance against ln steps: over `points`, which are evenly spaced on a logarithmic
    scale from the first steps on, where a run has them, else over its epochs. Bits per step are the mean over epochs
    after initialisation.
    """
    last = rows.sort_values("epoch").groupby("run_id").tail(1).set_index("run_id")
    exponents = {run_id: exponent(run) for run_id, run in rows.groupby("run_id")}
    if len(points):
        exponents |= {run_id: exponent(run) for run_id, run in points.groupby("run_id")}
    bits = bits_a_step(gradients) if len(gradients) else pd.Series(dtype=float)
    return last.assign(
        directness=last["distance"] / last["path_length"],
        exponent=pd.Series(exponents),
        bits_per_step=bits.reindex(last.index),
    ).reset_index()


def bits_a_step(gradients: pd.DataFrame) -> pd.Series:
    """Return each run's mean bits per step over the recorded epochs after initialisation."""
    return gradients[gradients["epoch"] > 0].groupby("run_id")["bits_per_step"].mean()


def exponent(run: pd.DataFrame) -> float:
    """Return the slope of ln distance against ln steps: 1/2 for a Brownian path, 1 for a straight one."""
    if len(run) < FEWEST_POINTS:
        return float("nan")
    return float(np.polyfit(np.log(run["step"].astype(float)), np.log(run["distance"].astype(float)), 1)[0])


def distance_against_width(runs: pd.DataFrame) -> Interval | None:
    """Return the exponent of relative distance against width; None with fewer than three widths."""
    if runs["width"].nunique() < FEWEST_WIDTHS:
        return None
    return slope_interval(*(np.log(runs[name].to_numpy(float)) for name in ("width", "relative_distance")))[0]


def _fit_table(runs: pd.DataFrame, options: list[str]) -> tuple[MadeTable, ...]:
    groups = runs.groupby(options, dropna=False) if options else [((), runs)]
    lines = [line for values, group in groups if (line := _fit_line(dict(zip(options, values, strict=True)), group))]
    if not lines:
        return ()
    question = "How does the relative distance scale with width, and is the path Brownian?"
    return (MadeTable.plain(f"{NAME}-exponents", "Exponents, with 95 % intervals", question, pd.DataFrame(lines)),)


def _fit_line(about: dict[str, Any], runs: pd.DataFrame) -> dict[str, Any] | None:
    against_width = distance_against_width(runs)
    if against_width is None:
        return None
    path = mean_interval(runs["exponent"].dropna())
    return about | {
        "distance_against_width": against_width.value,
        "distance_against_width_low": against_width.low,
        "distance_against_width_high": against_width.high,
        "distance_against_steps": path.value,
        "distance_against_steps_low": path.low,
        "distance_against_steps_high": path.high,
        "runs": len(runs),
    }


def _layout(means: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    lines = [
        {name: text(row[name]) for name in (*options, "width")}
        | {name: with_spread(row, name, 3) for name in VALUES}
        | {"seeds": text(row["seeds"])}
        for row in records(means)
    ]
    return pd.DataFrame(lines).rename(columns=heading)


def _series(options: list[str], run: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, [run["arch"], unusual(options, run)]))


def _widest(means: pd.DataFrame) -> pd.DataFrame:
    """Return the series with the most widths first; if some have at least three, only those."""
    widths = means.groupby("series")["width"].transform("nunique")
    order = (-widths[widths >= min(FEWEST_WIDTHS, widths.max())]).sort_values(kind="stable")
    return means.reindex(order.index)


def _plot_widths(numbers: pd.DataFrame) -> "Figure":
    """Return relative distance against width, one line per combination of options."""
    from geomgen.report.figures import panels, series_look, width_axis

    figure, (ax,) = panels(1, beside=False)
    for index, (name, line) in enumerate(list(numbers.groupby("series", sort=False))[:MAX_SERIES]):
        look = {"label": fill(str(name), LEGEND_WIDTH), **series_look(index)}
        ax.errorbar(line["width"], line["relative_distance"], line["relative_distance_std"], **look)
    width_axis(ax, numbers["width"])
    ax.set_yscale("log")
    ax.set_ylabel("Distance over initial norm")
    figure.legend(loc="outside lower center", ncols=1, fontsize="x-small")
    return figure


def _plot_paths(numbers: pd.DataFrame) -> "Figure":
    """Return distance against steps for one seed of each network, with the slopes of straight and Brownian paths."""
    from geomgen.report.figures import panels

    figure, (ax,) = panels(1, beside=False)
    shown = _draw_runs(ax, numbers, "distance")
    steps = np.array([shown["step"].min(), shown["step"].max()], float)
    for slope, look in ((1.0, ":"), (0.5, "--")):
        start = float(shown["distance"].min())
        ax.plot(steps, start * (steps / steps[0]) ** slope, color="0.45", linestyle=look, label=f"slope {slope:g}")
    ax.set_yscale("log")
    ax.set_ylabel("Distance from initialisation")
    figure.legend(loc="outside lower center", ncols=2, fontsize="x-small")
    return figure


def _plot_bits(numbers: pd.DataFrame) -> "Figure":
    """Return bits per step against steps, for one seed of each network."""
    from geomgen.report.figures import panels

    figure, (ax,) = panels(1, beside=False)
    _draw_runs(ax, numbers[numbers["step"] > 0], "bits_per_step")
    ax.set_ylabel("Bits per step, ½ log₂(1 + signal to noise)")
    figure.legend(loc="outside lower center", ncols=2, fontsize="x-small")
    return figure


def _draw_runs(ax: "Axes", numbers: pd.DataFrame, value: str) -> pd.DataFrame:
    """Draw a column against steps for the first seed of each series, and return what was drawn."""
    from geomgen.report.figures import series_look

    firsts = numbers.drop_duplicates("series")[:MAX_SERIES]
    for index, run_id in enumerate(firsts["run_id"]):
        run = numbers[numbers["run_id"] == run_id]
        marked = max(1, len(run) // MAX_MARKERS)
        ax.plot(run["step"], run[value], label=run["series"].iloc[0], markevery=marked, **series_look(index))
    ax.set_xscale("log")
    ax.set_xlabel("Steps")
    return numbers[numbers["run_id"].isin(firsts["run_id"])]


REPORT = Report(NAME, QUESTION, SOURCES, make)
