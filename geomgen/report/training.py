"""Report ``training``: how well each run trained, and how it got there."""

from collections.abc import Iterable

import pandas as pd

from geomgen.config.train import TrainConfig
from geomgen.report.averages import averaged, largest_group, split
from geomgen.report.collect import SETTING, RunTables, made_as, varying_options
from geomgen.report.content import MadeReport, MadeTable
from geomgen.report.curves import MAX_SERIES, Axis, Panel, curves, fitting
from geomgen.report.layout import in_words, laid_out
from geomgen.report.report import Report, Source

NAME = "training"
QUESTION = "How well did each run learn, and how far did its parameters move?"
TABLE = "training"
REMEDY = "Make one with: geomgen train"
RECORDED = ("record_every", "track_every")
IDENTITY = ["run_id", "arch", "width", "seed", "epochs", "num_parameters"]
SPECS = {
    "train_loss_nats": ".4f",
    "train_squared_error": ".4f",
    "train_accuracy": ".4f",
    "test_loss_nats": ".4f",
    "test_squared_error": ".4f",
    "test_accuracy": ".4f",
    "relative_distance": ".3f",
    "path_length": ".2f",
    "wall_time_s": ".1f",
}
EPOCHS = Axis("epoch", "Epoch", "whole")
PANELS = (
    Panel("test_loss_nats", "Test loss (nats)"),
    Panel("test_squared_error", "Test squared error"),
    Panel("test_accuracy", "Test accuracy (fraction)"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of the latest run of each setting and seed, in the order in which they were made.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(TABLE, REMEDY, RECORDED).latest
    rows = collected.frame.sort_values(["run_id", "epoch"])
    total = rows.groupby("run_id")["wall_time_s"].transform("sum")
    last = rows.assign(wall_time_s=total).groupby("run_id").tail(1)
    options = [name for name in varying_options(rows) if name not in IDENTITY]
    specs = {name: SPECS[name] for name in _there(last, SPECS)}
    frame = last[[*IDENTITY, *options, *specs]].reset_index(drop=True)
    layout = laid_out(in_words(frame, rows, IDENTITY), specs)
    table = MadeTable("Training at the last epoch", frame, layout, NAME, QUESTION)
    shown, others = _shown(rows)
    numbers, left_out = fitting(_lines(shown))
    figure = curves(NAME, "How does test performance change with training?", numbers, EPOCHS, PANELS)
    return MadeReport((table,), (figure,), (*collected.notes, *(f"Figure: {note}" for note in (*others, *left_out))))


def _there(rows: pd.DataFrame, names: Iterable[str]) -> list[str]:
    """Return the columns in which there are numbers: runs of one loss have none of the other's."""
    return [name for name in names if name in rows and rows[name].notna().any()]


def _shown(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return all rows if they make few lines, else those of the published protocol, else the largest setting's.

    Returns:
        The rows, and notes on others.
    """
    if len(rows.drop_duplicates([SETTING, "width"])) <= MAX_SERIES:
        return rows, []
    published = rows[made_as(rows, TrainConfig())]
    if len(published):
        others = rows["run_id"].nunique() - published["run_id"].nunique()
        shown, notes = largest_group(published, "width")
        note = f"Only runs of the published protocol are shown; {others} with other options are not."
        return shown, [note] * bool(others) + notes
    has_curve = rows.groupby("run_id")["epoch"].transform("size") > 1
    return largest_group(rows[has_curve] if has_curve.any() else rows, "width")


def _lines(rows: pd.DataFrame) -> pd.DataFrame:
    """Return means over seeds, a line for each setting and width, named by what differs."""
    values = _there(rows, [panel.column for panel in PANELS])
    means = [(words, averaged(part, ["width", "epoch"], values)) for words, part in split(rows)]
    parts = [
        part.assign(series=[", ".join(filter(None, [f"width {width}", words])) for width in part["width"]])
        for words, part in means
    ]
    return pd.concat(parts, ignore_index=True).sort_values("width", kind="stable", ignore_index=True)


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
