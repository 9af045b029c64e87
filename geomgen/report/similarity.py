"""Report ``similarity``: how alike activations of different inputs are, compared with controls."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import Collected, latest_runs, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import in_order, largest_group, mean_over_seeds, unusual

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "similarity"
QUESTION = "How alike are the activations of different inputs before and after training, compared with controls?"
HISTOGRAM = "activation_similarity"
SUMMARY = "activation_similarity_summary"
REMEDY = "Make one with: geomgen train, then geomgen probe-activations RUN"
METRICS = {"cosine": "cosine similarity", "l2": "L2 distance over its root mean square"}
SERIES = {
    ("initial", "data"): "initial",
    ("initial", "permuted-pixels"): "initial, pixels permuted",
    ("initial", "control-units"): "initial, control 1: units permuted",
    ("initial", "control-gaussian-pooled"): "initial, control 2: Gaussian",
    ("initial", "control-gaussian"): "initial, Gaussian unit by unit",
    ("final", "data"): "trained",
    ("final", "permuted-pixels"): "trained, pixels permuted",
}
VALUES = ["mean", "std", "skewness", "q05", "q50", "q95", "expected_mean", "expected_std"]
ARCHITECTURES = option_docs(TrainConfig)["arch"].choices
KEYS = ["arch", "width", "state", "condition"]
MAX_PANELS = 9


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs whose penultimate layer has been compared before its nonlinearity.

    Args:
        sources: Rows of ``activation_similarity`` and its summary.

    Raises:
        NoDataError: If there are none.
    """
    summary, notes = latest_runs(at_penultimate(sources[SUMMARY].frame))
    histograms, _ = latest_runs(at_penultimate(sources[HISTOGRAM].frame))
    metrics = [metric for metric in METRICS if metric in set(summary["metric"])]
    tables = tuple(_table(summary[summary["metric"] == metric], metric) for metric in metrics)
    drawn = {metric: _drawn(histograms[histograms["metric"] == metric]) for metric in metrics}
    figures = tuple(_figure(rows, metric) for metric, (rows, _) in drawn.items())
    others = dict.fromkeys(note for _, said in drawn.values() for note in said)
    return MadeReport(tables, figures, (*sources[SUMMARY].notes, *notes, *others))


def at_penultimate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the penultimate layer before its nonlinearity.

    Raises:
        NoDataError: If there are none.
    """
    rows = frame[(frame["layer"] == frame["penultimate"]) & (frame["site"] == "pre")]
    if rows.empty:
        raise NoDataError("No similarity was measured at the penultimate layer, site pre.", REMEDY)
    return rows


def _name(metric: str) -> str:
    return NAME if metric == "cosine" else f"{NAME}-{metric}"


def _table(rows: pd.DataFrame, metric: str) -> MadeTable:
    options = [name for name in varying_options(rows) if name not in KEYS]
    states, conditions = (list(dict.fromkeys(words)) for words in zip(*SERIES, strict=True))
    ordered = rows.assign(
        arch=in_order(rows["arch"], ARCHITECTURES),
        state=in_order(rows["state"], states),
        condition=in_order(rows["condition"], conditions),
    )
    frame = mean_over_seeds(ordered, ["arch", "width", *options, "state", "condition"], VALUES)
    title = f"Pairs of test images, penultimate layer before its nonlinearity: {METRICS[metric]}"
    question = f"How are the pairs distributed by {METRICS[metric]}, and what would independent units give?"
    return MadeTable(title, frame, _layout(frame, ["arch", "width", *options]), _name(metric), question)


def _layout(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    lines = [
        {key: text(row[key]) for key in keys}
        | {"activations": series_name(row["state"], row["condition"])}
        | {name: text(row[name], ".3f") for name in VALUES}
        | {"seeds": text(row["seeds"])}
        for row in records(frame)
    ]
    return pd.DataFrame(lines).rename(columns=heading)


def series_name(state: str, condition: str) -> str:
    """Return what the legend calls activations of a state and condition."""
    if (state, condition) in SERIES:
        return SERIES[state, condition]
    twin = SERIES.get(("initial", condition), condition)
    return twin.replace("initial", {"final": "trained"}.get(state, state))


def _drawn(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the drawn rows of a metric, those of each architecture's most common options, and notes on the others.

    A column ``panel`` names the network, with the options that differ from its architecture's defaults, if the drawn
    networks differ in them.
    """
    parts, notes = [], []
    for arch, group in rows.groupby("arch"):
        kept, said = largest_group(group)
        parts.append(kept)
        notes += [f"{arch}: {note[0].lower()}{note[1:]}" for note in said]
    shown, narrowed = _fitting(pd.concat(parts))
    options = varying_options(shown)
    names = {run["run_id"]: _panel(options, run) for run in records(shown.drop_duplicates("run_id"))}
    return shown.assign(panel=shown["run_id"].map(names)), [*notes, *narrowed]


def _panel(options: list[str], run: Mapping[str, Any]) -> str:
    return "\n".join(filter(None, [f"{run['arch']}, width {run['width']}", unusual(options, run)]))


def _fitting(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the widths that fit, with the latest number of bins, and notes on the others."""
    bins = rows.groupby("run_id")["bin"].transform("max")
    latest = bins == bins.loc[rows.index.max()]
    order = in_order(rows["arch"], ARCHITECTURES)
    shown = (
        rows[latest].assign(order=order[latest]).sort_values(["order", "width"], kind="stable").drop(columns="order")
    )
    panels = list(dict.fromkeys(zip(shown["arch"], shown["width"], strict=True)))
    step = -(-len(panels) // MAX_PANELS)
    chosen = {panel for index, panel in enumerate(reversed(panels)) if index % step == 0}
    fits = [panel in chosen for panel in zip(shown["arch"], shown["width"], strict=True)]
    notes = [] if latest.all() else ["Only histograms with the latest number of bins are drawn."]
    return shown[fits], notes + ([f"{len(chosen)} of {len(panels)} widths are drawn."] if step > 1 else [])


def _figure(rows: pd.DataFrame, metric: str) -> MadeFigure:
    is_known = pd.Series([key in SERIES for key in zip(rows["state"], rows["condition"], strict=True)], rows.index)
    keys = ["arch", "width", "panel", "state", "condition", "bin_low", "bin_high"]
    numbers = rows[is_known].groupby(keys, as_index=False, sort=False)["density"].mean()
    names = [SERIES[key] for key in zip(numbers["state"], numbers["condition"], strict=True)]
    question = f"How does the distribution of {METRICS[metric]} over all pairs change with training, width and control?"
    return MadeFigure(_name(metric), question, numbers.assign(series=names), partial(_plot, METRICS[metric]))


def _plot(metric: str, numbers: pd.DataFrame) -> "Figure":
    from geomgen.report.similarity_figure import plot

    return plot(numbers, metric)


REPORT = Report(NAME, QUESTION, (Source(SUMMARY, REMEDY), Source(HISTOGRAM, REMEDY)), make)
