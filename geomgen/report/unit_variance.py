"""Report ``unit-variance``: scale of activations and gradients layer by layer, before and after training."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.report.collect import Collected, latest_runs, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import in_order, mean_over_seeds, unusual

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "unit-variance"
QUESTION = "Do layers keep unit variance and gradients of similar size, and which options help?"
TABLE = "layer_statistics"
REMEDY = "Make one with: geomgen train, then geomgen probe-activations RUN --statistics"
VALUES = ["pre_variance", "post_rms", "dead_fraction", "participation_ratio", "gradient_norm", "cosine_mean"]
PANELS = {
    "pre_variance": "Variance of the linear output (hollow: trained)",
    "gradient_norm": "Norm of the gradient (nats; hollow: trained)",
}
STATES = {"initial": "initial", "final": "trained"}
MAX_LINES = 8


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs whose layers have been measured.

    Args:
        sources: Rows of ``layer_statistics``.
    """
    rows, notes = latest_runs(sources[TABLE].frame)
    numbers = rows.groupby(["run_id", "state"]).cumcount()
    rows = rows.assign(depth_index=numbers, state=in_order(rows["state"], STATES))
    options = [name for name in varying_options(rows) if name != "arch"]
    means = mean_over_seeds(rows, ["arch", "width", *options, "state", "depth_index", "layer"], VALUES)
    table = MadeTable("Each layer on the test images", means, _layout(means, options), NAME, QUESTION)
    plotted, left_out = _plotted(rows, options)
    figure = MadeFigure(NAME, "How do variance and gradient change from layer to layer?", plotted, _plot)
    return MadeReport((table,), (figure,), (*sources[TABLE].notes, *notes, *left_out))


def _layout(means: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    lines = [
        {key: text(row[key]) for key in ("arch", "width", *options)}
        | {"state": STATES.get(row["state"], row["state"]), "layer": row["layer"]}
        | {name: text(row[name], ".3g") for name in VALUES}
        | {"seeds": text(row["seeds"])}
        for row in records(means)
    ]
    return pd.DataFrame(lines).rename(columns=heading)


def _plotted(rows: pd.DataFrame, options: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return means by layer for as many combinations of options as fit.

    For each architecture they are at the width with the most combinations, so that these can be compared.
    """
    compared = rows["width"] == rows["arch"].map(_most_compared(rows, options))
    shown = rows[compared & rows["state"].isin(STATES)]
    names = [_network(run, options) for run in records(shown[["arch", "width", *options]])]
    networks = pd.Series(names, shown.index)
    chosen = networks.drop_duplicates()[:MAX_LINES]
    left = networks.nunique() - len(chosen)
    named = shown.assign(network=networks, state=shown["state"].astype(str).map(STATES))
    means = mean_over_seeds(named, ["network", "state", "depth_index", "layer"], list(PANELS))
    notes = [f"The figure leaves out {left} networks that are in the table."] if left else []
    return means[means["network"].isin(chosen)], notes


def _most_compared(rows: pd.DataFrame, options: list[str]) -> "pd.Series[int]":
    """Return each architecture's width with the most combinations of options; the largest of several."""
    combinations = rows.drop_duplicates(["arch", "width", *options]).groupby(["arch", "width"]).size()
    ordered = combinations.rename("count").reset_index().sort_values(["count", "width"])
    return ordered.groupby("arch")["width"].last()


def _network(run: Mapping[str, Any], options: list[str]) -> str:
    return ", ".join(filter(None, [run["arch"], f"width {run['width']}", unusual(options, run)]))


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return variance and gradient against the layer's number, one style per network; trained is hollow, dashed."""
    from matplotlib.ticker import MaxNLocator

    from geomgen.report.figures import TRAINED_LOOK, panels, series_look

    firsts = dict(zip(*(numbers.drop_duplicates("network")[name] for name in ("network", "state")), strict=True))
    looks = {network: series_look(index) for index, network in enumerate(firsts)}
    figure, axes = panels(len(PANELS), share=False, beside=False)
    for ax, (name, axis_label) in zip(axes, PANELS.items(), strict=True):
        for (network, state), line in numbers.dropna(subset=name).groupby(["network", "state"], sort=False):
            look = looks[str(network)] | (TRAINED_LOOK if state == "trained" else {"linestyle": "-"})
            ax.plot(line["depth_index"] + 1, line[name], label=network if state == firsts[network] else None, **look)
        ax.set_yscale("log")
        ax.set_xlabel("Layer, from the input")
        ax.set_ylabel(axis_label)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes[0].axhline(1, color="0.45", linewidth=0.8, linestyle=(0, (1, 1.5)))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize="small")
    return figure


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
