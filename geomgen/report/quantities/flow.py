"""Quantities of one gradient-descent step beside the flow of a modified loss."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from geomgen.config.modified_flow import PRODUCT
from geomgen.numerics.statistics import Estimate, mean, plane
from geomgen.report.averages import split
from geomgen.report.quantity import Quantity

SMALLEST_STEPS, FEWEST_STEPS = 4, 3
FLOW_ERROR = Quantity(
    "flow_error",
    "distance of a gradient-descent step from a flow",
    "modified_flow",
    "error",
    keys=("problem", "correction", "step_size"),
    where={"resolved": True},
    formula="Euclidean distance between the ends of a step h and of the flow of E + c (h/4) |grad E|^2 for the time h",
)


def problems(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each problem's name and rows, of all seeds and step sizes.

    Args:
        rows: Of `FLOW_ERROR`.
    """
    for words, part in split(rows):
        name = words.removeprefix("problem ") or str(part["problem"].iloc[0])
        widths = part.groupby("width")
        yield from ((name if len(widths) == 1 else f"{name}, width {width}", own) for width, own in widths)


def local_orders(rows: pd.DataFrame) -> Iterator[tuple[str, float, Estimate]]:
    """Yield the slope of ln error against ln h over the four smallest step sizes h, for each problem and flow.

    Of several seeds it is their mean; of one, its error follows from the residuals of the line. The product draws
    nothing at random, so that its seeds are one.

    Args:
        rows: Of `FLOW_ERROR`.

    Yields:
        The problem, the correction c, and the order.
    """
    for problem, part in problems(rows):
        for correction, runs in part.groupby("correction"):
            seeds = runs["seed"].where(runs["problem"] != PRODUCT, 0)
            found = [order for _, run in runs.groupby(seeds) if (order := _order(run))]
            if found:
                order = mean([order.value for order in found]) if len(found) > 1 else found[0]
                yield problem, float(str(correction)), order


def _order(run: pd.DataFrame) -> Estimate | None:
    smallest = run.drop_duplicates("step_size", keep="last").nsmallest(SMALLEST_STEPS, "step_size")
    if len(smallest) < FEWEST_STEPS:
        return None
    steps, errors = (np.log(smallest[name].to_numpy(float)) for name in ("step_size", "error"))
    return plane(steps[:, None], errors)[0]
