"""Report ``training``: how well each run trained, and how it got there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.config.train import TrainConfig
from geomgen.report.collect import Collected, trained_as, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "training"
QUESTION = "How well did each run learn, and how far did its parameters move?"
TITLE = "Training at the last epoch"
TABLE = "training"
REMEDY = "Make one with: geomgen train"
IDENTITY = ["run_id", "arch", "width", "seed", "epochs", "num_parameters"]
DIGITS = {
    "train_loss_nats": 4,
    "train_accuracy": 4,
    "test_loss_nats": 4,
    "test_accuracy": 4,
    "relative_distance": 3,
    "path_length": 2,
    "wall_time_s": 1,
}
CURVES = {"test_loss_nats": "Test loss (nats)", "test_accuracy": "Test accuracy (fraction)"}
MAX_LABELLED_RUNS = 12
MAX_MARKERS = 10


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs in the order in which they were made.

    Args:
        sources: Rows of ``training``.
    """
    collected = sources[TABLE]
    rows = collected.frame.infer_objects()
    total = rows.groupby("run_id")["wall_time_s"].transform("sum")
    last = rows.assign(wall_time_s=total).sort_values(["run_id", "epoch"]).groupby("run_id").tail(1)
    frame = last[[*IDENTITY, *DIGITS]].reset_index(drop=True)
    table = MadeTable(TITLE, frame, _layout(frame), NAME, QUESTION)
    shown, others = _shown(rows)
    figure = MadeFigure(NAME, "How does test performance change with training?", _plotted(shown), _plot)
    return MadeReport((table,), (figure,), (*collected.notes, *(f"Figure: {note}" for note in others)))


def _layout(frame: pd.DataFrame) -> pd.DataFrame:
    cells = [{name: text(value, f".{DIGITS.get(name, 0)}f") for name, value in row.items()} for row in records(frame)]
    return pd.DataFrame(cells).rename(columns=heading)


def _shown(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return all runs if they are few, else those of the published protocol, else the most common with a curve.

    Returns:
        The rows, and notes on others.
    """
    num_runs = rows["run_id"].nunique()
    if num_runs <= MAX_LABELLED_RUNS:
        return rows, []
    published = rows[trained_as(rows, TrainConfig())]
    if len(published):
        others = num_runs - published["run_id"].nunique()
        return published, [f"Only runs of the published protocol are shown; {others} with other options are not."]
    has_curve = rows.groupby("run_id")["epoch"].transform("size") > 1
    return largest_group(rows[has_curve] if has_curve.any() else rows, "width")


def _plotted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of each run, with its label in the legend, in the order of the legend."""
    runs = dict(iter(rows.groupby("run_id")))
    curves = [runs[run_id].assign(label=label) for run_id, label in run_labels(rows).items()]
    return pd.concat(curves, ignore_index=True)[["run_id", "label", "epoch", *CURVES]]


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return test loss and accuracy against epochs, one line per run."""
    from matplotlib.ticker import MaxNLocator

    from geomgen.report.figures import panels, series_look

    looks = {label: series_look(index) for index, label in enumerate(numbers["label"].unique())}
    figure, axes = panels(len(CURVES), share=False)
    for ax, (column, axis_label) in zip(axes, CURVES.items(), strict=True):
        for (_, label), run in numbers.groupby(["run_id", "label"], sort=False):
            marked = max(1, len(run) // MAX_MARKERS)
            ax.plot(run["epoch"], run[column], label=label, markevery=marked, **looks[label])
        ax.set_xlabel("Epoch")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set_ylabel(axis_label)
    handles, names = axes[0].get_legend_handles_labels()
    distinct = dict(zip(names, handles, strict=True))
    figure.legend(distinct.values(), distinct, loc="outside right center")
    return figure


def run_labels(rows: pd.DataFrame) -> dict[str, str]:
    """Return each run's label in the legend: width, seed and what else varies; for many runs only the width."""
    first = rows.drop_duplicates("run_id").sort_values(["width", "seed"])
    names = ["width", "seed", *varying_options(first)] if len(first) <= MAX_LABELLED_RUNS else ["width"]
    return {row["run_id"]: ", ".join(f"{name} {text(row[name])}" for name in names) for row in records(first)}


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make)
