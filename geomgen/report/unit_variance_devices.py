"""Tables and figures of report ``unit-variance`` about devices: trainings with and without each, at several depths."""

from collections.abc import Iterator

import pandas as pd

from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, made_as
from geomgen.report.content import MadeFigure, MadeTable
from geomgen.report.curves import Axis, Panel, curves
from geomgen.report.devices import DEVICES, Device
from geomgen.report.layout import listed_table
from geomgen.report.quantities.layers import DRIFT, GRADIENT_DRIFT, LAST_COSINE
from geomgen.report.quantities.training import TRAIN_ACCURACY
from geomgen.report.together import together

NAME = "unit-variance-devices"
QUESTION = "Which devices keep the variance of deep layers, and which networks train only with them?"
COLUMNS = {
    "initial_drift": DRIFT.of(state="initial"),
    "trained_drift": DRIFT.of(state="final"),
    "initial_gradient_drift": GRADIENT_DRIFT.of(state="initial"),
    "initial_cosine": LAST_COSINE.of(state="initial"),
    "trained_cosine": LAST_COSINE.of(state="final"),
    "train_accuracy": TRAIN_ACCURACY.of(),
}
SPECS = dict.fromkeys(COLUMNS, ".2f") | {"train_accuracy": ".3f"}
LAYERS = Axis("layer_number", "Layer, from the input", "log")
THEORY = "random networks, in closed form"
PANELS = (
    Panel("pre_variance", "Variance before training", "log", theory="expected_pre_variance", source=THEORY),
    Panel(
        "backward_mean_square", "Mean square of the gradient before training", "log",
        theory="expected_backward_mean_square", source=THEORY,
    ),
    Panel("cosine_mean", "Mean cosine of two images before training", theory="expected_cosine_mean", source=THEORY),
    Panel("trained_variance", "Variance after training", "log"),
)  # fmt: skip
DRAWN = [column for panel in PANELS for column in (panel.column, panel.theory) if column]


def device_tables(tables: RunTables) -> tuple[MadeTable, ...]:
    """Return one table of all devices; none without runs of theirs.

    Args:
        tables: Tables of the runs, some of which have layer statistics.
    """
    rows = together(tables, COLUMNS)
    parts = [
        averaged(part, ["depth"], list(COLUMNS)).assign(device=f"{device.letter}: {device.words}", training=words)
        for device in DEVICES
        for words, part in _sides(rows, device)
    ]
    if not parts:
        return ()
    frame = pd.concat(parts, ignore_index=True).sort_values(["device", "depth", "training"], kind="stable")
    first = ["device", "depth", "training"]
    ordered = frame[[*first, *(name for name in frame if name not in first)]].reset_index(drop=True)
    return (listed_table(NAME, "Networks with and without each device", QUESTION, ordered, SPECS),)


def device_figures(rows: pd.DataFrame) -> tuple[MadeFigure, ...]:
    """Return a figure of each device that there are runs of.

    Args:
        rows: Layer statistics of all runs, with ``depth_index``: the number of the layer, from 0.
    """
    return tuple(
        curves(f"unit-variance-{device.name}", _question(device), numbers, LAYERS, PANELS)
        for device in DEVICES
        if (numbers := _numbers(rows, device)) is not None
    )


def of_devices(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return for each row whether its run is one with or without a device."""
    found = pd.Series(False, rows.index)
    for device in DEVICES:
        for has_it in (False, True):
            found |= made_as(rows, device.config(has_it=has_it), ("depth",))
    return found


def _question(device: Device) -> str:
    return f"How do variance, gradient and cosine change from layer to layer, with and without {device.words}?"


def _sides(rows: pd.DataFrame, device: Device) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the runs without a device and those with it, at any depth, if there are some."""
    for words, has_it in (("without", False), ("with", True)):
        part = rows[made_as(rows, device.config(has_it=has_it), ("depth",))]
        if len(part):
            yield words, part


def _numbers(rows: pd.DataFrame, device: Device) -> pd.DataFrame | None:
    """Return means of each layer by depth, without and with a device; None if there are no runs."""
    parts = [
        averaged(_beside(part), ["depth", "depth_index", "layer"], DRAWN).assign(training=words)
        for words, part in _sides(rows, device)
    ]
    if not parts:
        return None
    found = pd.concat(parts, ignore_index=True)
    series = [f"{words}, depth {depth}" for words, depth in zip(found["training"], found["depth"], strict=True)]
    return found.assign(series=series, layer_number=found["depth_index"] + 1)


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the layers before training, with the variance after it."""
    initial, final = (rows[rows["state"] == state] for state in ("initial", "final"))
    trained = final[["run_id", "depth_index", "pre_variance"]].rename(columns={"pre_variance": "trained_variance"})
    return initial.merge(trained, "left", ["run_id", "depth_index"])
