"""Report ``unit-variance``: scale of activations and gradients layer by layer, before and after training."""

import pandas as pd

from geomgen.report.averages import averaged, in_order, network
from geomgen.report.collect import SETTING, RunTables, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable
from geomgen.report.curves import STATES, Axis, Panel, curves, fitting
from geomgen.report.layout import in_words, laid_out
from geomgen.report.report import Report, Source
from geomgen.report.unit_variance_devices import device_figures, device_tables, of_devices

NAME = "unit-variance"
QUESTION = "Do layers keep unit variance and gradients of similar size, and which options help?"
TABLE = "layer_statistics"
REMEDY = "Make one with: geomgen train, then geomgen probe-activations RUN --statistics"
KEYS = ["arch", "width", "state", "depth_index", "layer"]
VALUES = ["pre_variance", "post_rms", "dead_fraction", "participation_ratio", "gradient_norm", "cosine_mean"]
LAYERS = Axis("layer_number", "Layer, from the input", "whole")
PANELS = (
    Panel("pre_variance", "Variance of the linear output", "log", level=1),
    Panel("gradient_norm", "Norm of the gradient of the loss", "log"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs whose layers have been measured.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(TABLE, REMEDY).latest
    places = collected.frame.groupby(["run_id", "state"]).cumcount()
    rows = collected.frame.assign(depth_index=places, state=in_order(collected.frame["state"], STATES))
    frame = averaged(rows, KEYS, VALUES)
    shown = in_words(frame, rows, KEYS).assign(state=frame["state"].replace(STATES))
    layout = laid_out(shown, dict.fromkeys(VALUES, ".3g"))
    table = MadeTable("Each layer on the test images", frame, layout, NAME, QUESTION)
    figures, left_out = _figures(rows[rows["state"].isin(STATES) & ~of_devices(rows)])
    return MadeReport((table, *device_tables(tables)), (*figures, *device_figures(rows)), (*collected.notes, *left_out))


def _figures(rows: pd.DataFrame) -> tuple[tuple[MadeFigure, ...], list[str]]:
    """Return a figure of networks that differ in any way, if there are some, and a note on lines that it leaves out."""
    if rows.empty:
        return (), []
    numbers, left_out = fitting(_lines(rows))
    return (
        curves(NAME, "How do variance and gradient change from layer to layer?", numbers, LAYERS, PANELS),
    ), left_out


def _lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means by layer of each setting.

    For each architecture they are at the width with the most settings, so that these can be compared.
    """
    compared = rows[rows["width"] == rows["arch"].map(_most_compared(rows))]
    options = varying_options(rows)
    parts = [
        averaged(part, ["state", "depth_index", "layer"], [panel.column for panel in PANELS]).assign(
            series=network(options, part.iloc[0])
        )
        for _, part in compared.groupby([SETTING, "arch"], sort=False)
    ]
    lines = pd.concat(parts, ignore_index=True)
    return lines.assign(state=lines["state"].replace(STATES), layer_number=lines["depth_index"] + 1)


def _most_compared(rows: pd.DataFrame) -> "pd.Series[int]":
    """Return each architecture's width with the most settings; the largest of several."""
    settings = rows.drop_duplicates(["arch", "width", SETTING]).groupby(["arch", "width"]).size()
    ordered = settings.rename("count").reset_index().sort_values(["count", "width"])
    return ordered.groupby("arch")["width"].last()


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
