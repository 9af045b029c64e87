"""Part of report ``implicit-regularization``: how gradient descent's distance from flows scales with the step size."""

from typing import TYPE_CHECKING

import pandas as pd

from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.layout import listed, listed_table
from geomgen.report.quantities.flow import FLOW_ERROR, local_orders, problems
from geomgen.report.report import Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ERRORS, ORDERS = (Source(table, FLOW_ERROR.remedy) for table in ("modified_flow", "modified_flow_orders"))
NAME, LOCAL = "modified-flow", "modified-flow-smallest-steps"
QUESTION = "Is a gradient-descent step closest to the flow of E + (h/4) |grad E|²?"
LOCAL_QUESTION = "With which order does a step's distance from each flow fall at the smallest step sizes?"
KEYS = ["problem", "correction"]
VALUES = ["order", "order_low", "order_high", "order_theory", "num_steps", "num_parameters"]
MAX_PANELS = 4


def orders(collected: Collected) -> MadeReport:
    """Return the orders over all step sizes, run by run.

    Args:
        collected: Rows of ``modified_flow_orders``.
    """
    rows = collected.frame
    several = [name for name in ("width", "seed") if rows[name].nunique() > 1]
    frame = listed(rows, [*several, *KEYS], VALUES)
    specs = dict.fromkeys(VALUES[:3], ".4f")
    return MadeReport((listed_table(NAME, "Order in h of a step's distance from a flow", QUESTION, frame, specs),))


def errors(collected: Collected) -> MadeReport:
    """Return the orders at the smallest step sizes, and the figure of errors against step sizes.

    Args:
        collected: Rows of ``modified_flow``.
    """
    rows = collected.frame[collected.frame["resolved"]]
    lines = [
        {"problem": problem, "correction": correction, "order": order.value, "order_low": order.low,
         "order_high": order.high} for problem, correction, order in local_orders(rows)
    ]  # fmt: skip
    title = "Order in h over the four smallest h"
    table = MadeTable.plain(LOCAL, title, LOCAL_QUESTION, pd.DataFrame(lines))
    shown = [_of_last_seed(problem, part) for problem, part in problems(collected.frame)]
    figure = MadeFigure(NAME, QUESTION, pd.concat(shown[:MAX_PANELS]), _plot)
    left_out = [f"Only the first {MAX_PANELS} problems of {len(shown)} are drawn."] if len(shown) > MAX_PANELS else []
    return MadeReport((table,), (figure,), (*collected.notes, *left_out))


def _of_last_seed(problem: str, part: pd.DataFrame) -> pd.DataFrame:
    last = part[part["seed"] == part["seed"].max()].sort_values([*KEYS, "step_size"])
    name = f"{problem}, seed {last['seed'].iloc[0]}" if part["seed"].nunique() > 1 else problem
    return pd.DataFrame({"problem": name, **{column: last[column] for column in ("correction", "step_size", "error")}})


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return one panel per problem: error against step size, one line per flow."""
    from geomgen.report.figures import panels, series_look

    parts = list(numbers.groupby("problem", sort=False))
    figure, axes = panels(len(parts), share=False, beside=False)
    for ax, (problem, rows) in zip(axes, parts, strict=True):
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
