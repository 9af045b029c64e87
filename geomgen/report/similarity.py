"""Report ``similarity``: how alike activations of different inputs are, compared with controls."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.averages import averaged, in_order, largest_group, network
from geomgen.report.collect import Collected, RunTables, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, records
from geomgen.report.layout import in_words, laid_out
from geomgen.report.quantities.similarity import HISTOGRAM, PREDICTED, SUMMARY
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "similarity"
QUESTION = "How alike are the activations of different inputs before and after training, compared with controls?"
REMEDY = "Make one with: geomgen train, then geomgen probe-activations RUN"
METRICS = {
    "cosine": "cosine similarity",
    "centred-cosine": "cosine similarity without the mean activation",
    "l2": "L2 distance over its root mean square",
}
SERIES = {
    ("initial", "data"): "initial",
    ("initial", PREDICTED): "initial, predicted at infinite width",
    ("initial", "permuted-pixels"): "initial, pixels permuted",
    ("initial", "control-units"): "initial, control 1: units permuted",
    ("initial", "control-gaussian-pooled"): "initial, control 2: Gaussian",
    ("initial", "control-gaussian"): "initial, Gaussian unit by unit",
    ("final", "data"): "trained",
    ("final", "permuted-pixels"): "trained, pixels permuted",
}
VALUES = ["mean", "std", "skewness", "q05", "q50", "q95", "common_mode", "expected_mean", "expected_std"]
REASON = (
    "Initial activations are alike because their inputs are: as layers become wide, each maps the cosine of two inputs "
    "to one that depends on nothing else (a ReLU maps c to (sqrt(1 - c^2) + c (pi - arccos c)) / pi), and biases add "
    "what all inputs share, by default the more the narrower the layer."
)
ARCHITECTURES = option_docs(TrainConfig)["arch"].choices
KEYS = ["arch", "width", "state", "condition"]
MAX_PANELS = 9


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs whose penultimate layer has been compared before its nonlinearity.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there are none.
    """
    summary = at_penultimate(tables.collect(SUMMARY, REMEDY)).latest
    histograms = at_penultimate(tables.collect(HISTOGRAM, REMEDY, ("bins",))).latest.frame
    ordered = summary.frame.assign(arch=in_order(summary.frame["arch"], ARCHITECTURES))
    for name, words in zip(("state", "condition"), zip(*SERIES, strict=True), strict=True):
        ordered[name] = in_order(ordered[name], dict.fromkeys(words))
    metrics = [metric for metric in METRICS if metric in set(ordered["metric"])]
    made = tuple(_table(ordered[ordered["metric"] == metric], metric) for metric in metrics)
    drawn = {metric: _drawn(rows) for metric in metrics if len(rows := histograms[histograms["metric"] == metric])}
    figures = tuple(_figure(rows, metric) for metric, (rows, _) in drawn.items())
    others = dict.fromkeys(note for _, said in drawn.values() for note in said)
    return MadeReport(made, figures, (*_reason(ordered), *summary.notes, *others))


def _reason(rows: pd.DataFrame) -> list[str]:
    """Return why initial activations are alike, with the mean cosines of the widest network of which it is known."""
    cosines = rows[(rows["metric"] == "cosine") & (rows["state"] == "initial")]
    measured, predicted = (cosines[cosines["condition"] == condition] for condition in ("data", PREDICTED))
    predicted = predicted[predicted["run_id"].isin(measured["run_id"])]
    if predicted.empty:
        return []
    widest, _ = largest_group(predicted[predicted["width"] == predicted["width"].max()])
    there, _ = largest_group(measured[measured["run_id"].isin(widest["run_id"])])
    (found,), (limit,) = (averaged(side, ["width"], ["mean"])["mean"] for side in (there, widest))
    of = network(varying_options(predicted), records(widest)[0])
    return [f"{REASON} Of {of}, the mean cosine is {found:.3f}, and {limit:.3f} is predicted."]


def at_penultimate(collected: Collected) -> Collected:
    """Return the rows of the penultimate layer before its nonlinearity.

    Raises:
        NoDataError: If there are none.
    """
    frame = collected.frame
    rows = frame[(frame["layer"] == frame["penultimate"]) & (frame["site"] == "pre")]
    if rows.empty:
        raise NoDataError("No similarity was measured at the penultimate layer, site pre.", REMEDY)
    return replace(collected, frame=rows)


def _name(metric: str) -> str:
    return NAME if metric == "cosine" else f"{NAME}-{metric}"


def _table(rows: pd.DataFrame, metric: str) -> MadeTable:
    frame = averaged(rows, KEYS, VALUES)
    words = [series_name(row["state"], row["condition"]) for row in records(frame)]
    spreads = [f"{name}_std" for name in VALUES]
    shown = in_words(frame, rows, KEYS).drop(columns=["condition", *spreads])
    shown = shown.assign(state=words).rename(columns={"state": "activations"})
    title = f"Pairs of test images, penultimate layer before its nonlinearity: {METRICS[metric]}"
    question = f"How are the pairs distributed by {METRICS[metric]}, and what would independent units give?"
    return MadeTable(title, frame, laid_out(shown, dict.fromkeys(VALUES, ".3f")), _name(metric), question)


def series_name(state: str, condition: str) -> str:
    """Return what the legend calls activations of a state and condition."""
    if (state, condition) in SERIES:
        return SERIES[state, condition]
    twin = SERIES.get(("initial", condition), condition)
    return twin.replace("initial", {"final": "trained"}.get(state, state))


def _drawn(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the drawn rows of a metric, those of each architecture's largest setting, and notes on the others.

    A column ``panel`` names the network, with the options that differ from its architecture's defaults, if the drawn
    networks differ in them.
    """
    kept = {str(arch): largest_group(group) for arch, group in rows.groupby("arch")}
    notes = [f"{arch}: {note[0].lower()}{note[1:]}" for arch, (_, said) in kept.items() for note in said]
    shown, narrowed = _fitting(pd.concat([part for part, _ in kept.values()]))
    options = varying_options(shown)
    names = {run["run_id"]: network(options, run) for run in records(shown.drop_duplicates("run_id"))}
    return shown.assign(panel=shown["run_id"].map(names)), [*notes, *narrowed]


def _fitting(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the widths that fit, in the order of the panels, and notes on the others."""
    ordered = rows.assign(arch=in_order(rows["arch"], ARCHITECTURES)).sort_values(["arch", "width"], kind="stable")
    networks = pd.MultiIndex.from_frame(ordered[["arch", "width"]])
    found = list(networks.unique())
    step = -(-len(found) // MAX_PANELS)
    chosen = found[::-step]
    notes = [f"{len(chosen)} of {len(found)} widths are drawn."] if step > 1 else []
    return ordered[networks.isin(chosen)], notes


def _figure(rows: pd.DataFrame, metric: str) -> MadeFigure:
    is_known = pd.Series([key in SERIES for key in zip(rows["state"], rows["condition"], strict=True)], rows.index)
    keys = ["arch", "width", "panel", "state", "condition", "bin_low", "bin_high"]
    numbers = averaged(rows[is_known], keys, ["density"])
    names = [SERIES[key] for key in zip(numbers["state"], numbers["condition"], strict=True)]
    question = f"How does the distribution of {METRICS[metric]} over all pairs change with training, width and control?"
    return MadeFigure(_name(metric), question, numbers.assign(series=names), partial(_plot, METRICS[metric]))


def _plot(metric: str, numbers: pd.DataFrame) -> "Figure":
    from geomgen.report.similarity_figure import plot

    return plot(numbers, metric)


REPORT = Report(NAME, QUESTION, (Source(SUMMARY, REMEDY), Source(HISTOGRAM, REMEDY)), make)
