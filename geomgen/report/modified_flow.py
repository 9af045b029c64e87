"""Part of report ``implicit-regularization``: how gradient descent's distance from flows scales with the step size."""

from typing import TYPE_CHECKING

import pandas as pd

from geomgen.report.content import MadeFigure, MadeTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERRORS, ORDERS = "modified_flow", "modified_flow_orders"
NAME = "modified-flow"
QUESTION = "Is a gradient-descent step closest to the flow of E + (h/4) |grad E|²?"
KEYS = ["problem", "correction"]


def order_table(frame: pd.DataFrame) -> MadeTable:
    """Return the fitted orders, the latest of each problem and flow."""
    columns = [*KEYS, "order", "order_low", "order_high", "order_theory", "num_steps", "num_parameters"]
    latest = frame.drop_duplicates(KEYS, keep="last")[columns].reset_index(drop=True)
    return MadeTable.plain(NAME, "Order in h of a step's distance from a flow", QUESTION, latest)


def flow_figure(frame: pd.DataFrame) -> MadeFigure:
    """Return the figure of errors against step sizes, from each problem's latest run."""
    last = frame.groupby("problem")["run_id"].transform("last")
    return MadeFigure(NAME, QUESTION, frame[frame["run_id"] == last][[*KEYS, "step_size", "error"]], _plot)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return one panel per problem: error against step size, one line per flow."""
    from geomgen.report.figures import panels, series_look

    problems = list(numbers.groupby("problem", sort=False))
    figure, axes = panels(len(problems), share=False, beside=False)
    for ax, (problem, rows) in zip(axes, problems, strict=True):
        for index, (correction, line) in enumerate(rows.groupby("correction")):
            name = "gradient flow" if correction == 0 else f"flow of E + {correction:g} (h/4) |grad E|²"
            ax.plot(line["step_size"], line["error"], label=name, **series_look(index))
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(str(problem))
        ax.set_xlabel("Step size h")
        ax.set_ylabel("Distance between the ends of step and flow")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure
