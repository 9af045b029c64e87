"""Report ``optimal-set-volume``: how much of parameter space fits, by width and depth, beside counted dimensions."""

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.by_units import UNITS
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, along, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.prior_mass import FINITE, MASS, beside_limits
from geomgen.report.report import Report

NAME, BY_DEPTH = "optimal-set-volume", "optimal-set-volume-by-depth"
QUESTION = "How much of parameter space fits the training set, and does more of it fit in wider networks?"
DEPTH_QUESTION = "Does more of parameter space fit the training set in deeper networks?"
TITLE = "ln P(S), the prior mass of zero error, beside ln((P - N)/P)"
SPECS = {
    "num_parameters": ".0f",
    "parameters_per_sample": ".3g",
    "log_mass_nats": ".3f",
    "limit_nats": ".3f",
    "beyond_limit_nats": ".3f",
    "text_nats": ".4f",
}
KEYS = ["layers", "units", "train_size"]
ALIKE = "alike"
PANELS = (
    Panel("log_mass_nats", "ln P(S) (nats)", theory="limit_nats", source="infinite width"),
    Panel("beyond_limit_nats", "ln P(S) less its limit (nats)", level=0),
    Panel("text_nats", "ln((P - N)/P) (nats)"),
)
DEPTH = Axis("layers", "Hidden layers", "whole")


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return ln P(S) by width and by depth, the infinitely wide network's, and the text's fraction of the dimensions.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no network with a hidden layer was measured.
    """
    collected = tables.collect(MASS.table, MASS.remedy).latest
    rows = beside_limits(collected.frame)
    if rows.empty:
        raise NoDataError(f"No network with a hidden layer has ln P(S) by {' or '.join(FINITE)}.", MASS.remedy)
    rows = _shaped(rows)
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, SPECS)
    options = [name for name in varying_options(rows) if name not in KEYS]
    means = averaged(rows, KEYS, [panel.column for panel in PANELS] + ["limit_nats"])
    by_width, left_out = fitting(along(means, ["layers", "train_size", *options], "units"))
    figures = [curves(NAME, QUESTION, by_width, UNITS, PANELS)]
    if means["layers"].nunique() > 1:
        by_depth, deep_left_out = fitting(along(means, ["units", "train_size", *options], "layers"))
        figures.append(curves(BY_DEPTH, DEPTH_QUESTION, by_depth, DEPTH, PANELS))
        left_out = [*left_out, *deep_left_out]
    return MadeReport((table,), tuple(figures), (*collected.notes, *dict.fromkeys(left_out)))


def _shaped(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which hidden layers that are all alike are told apart by their number and units alone."""
    sizes = rows["hidden"].str.split(",")
    hidden = rows["hidden"].where(sizes.map(lambda one: len(set(one))) > 1, ALIKE)
    return rows.assign(
        hidden=hidden, layers=sizes.map(len), beyond_limit_nats=rows["log_mass_nats"] - rows["limit_nats"]
    )


REPORT = Report(NAME, QUESTION, (MASS,), make)
