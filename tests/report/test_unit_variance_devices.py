"""Tables and figures of devices, on made-up runs."""

from dataclasses import replace

import numpy as np
import pytest

from geomgen.report.content import MadeReport
from geomgen.report.devices import DEVICES, Device
from tests.report.made_up_runs import RunMaker, layer_row, training_row
from tests.report.reading import report


def made(make_run: RunMaker, device: Device, *, sides: tuple[bool, ...] = (False, True)) -> MadeReport:
    """Return the report of two seeds at two depths, in which the device halves what grows from layer to layer."""
    runs = [
        make_run(
            tables={
                "layer_statistics": [
                    replace(
                        layer_row(f"hidden{layer}", state, 2.0, post_rms=(1 if has_it else 2) ** layer),
                        expected_pre_variance=7.0 if state == "initial" else None,
                    )
                    for state in ("initial", "final")
                    for layer in range(1, depth + 1)
                ],
                "training": [replace(training_row(1), train_accuracy=0.9 if has_it else 0.2)],
            },
            **device.config(depth, has_it=has_it).to_mapping() | {"seed": seed},
        )
        for has_it in sides
        for depth in (2, 3)
        for seed in (0, 1)
    ]  # fmt: skip
    return report("unit-variance", runs)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.name)
def test_each_device_has_rows_and_a_figure(make_run: RunMaker, device: Device) -> None:
    content = made(make_run, device)
    rows = content.table("unit-variance-devices").frame
    rows = rows[rows["device"] == f"{device.letter}: {device.words}"]
    assert rows[["depth", "training", "seeds"]].values.tolist() == [
        [2, "with", 2], [2, "without", 2], [3, "with", 2], [3, "without", 2],
    ]  # fmt: skip
    assert rows["train_accuracy"].tolist() == [0.9, 0.2, 0.9, 0.2]
    assert rows["trained_drift"].tolist() == pytest.approx([0, 2 * 0.6931, 0, 4 * 0.6931], rel=1e-3)
    figure = next(one for one in content.figures if one.name == f"unit-variance-{device.name}")
    assert figure.numbers["series"].unique().tolist() == [
        "without, depth 2", "without, depth 3", "with, depth 2", "with, depth 3",
    ]  # fmt: skip
    axes = figure.draw().axes
    assert [ax.get_ylabel() for ax in axes] == [
        "Variance before training", "Mean square of the gradient before training",
        "Mean cosine of two images before training", "Variance after training",
    ]  # fmt: skip
    exact = [np.asarray(line.get_ydata()).tolist() for line in axes[0].lines if line.get_linewidth() == 4]
    assert exact == [[7, 7], [7, 7, 7], [7, 7], [7, 7, 7]]


def test_other_networks_keep_a_figure_of_their_own(make_run: RunMaker) -> None:
    other = make_run(tables={"layer_statistics": [layer_row("hidden1", "initial", 2.0)]})
    (figure,) = report("unit-variance", [other]).figures
    assert figure.name == "unit-variance"
    names = [one.name for one in made(make_run, DEVICES[2]).figures]
    assert "unit-variance" not in names


def test_one_side_alone_is_shown_too(make_run: RunMaker) -> None:
    rows = made(make_run, DEVICES[3], sides=(True,)).table("unit-variance-devices").frame
    assert set(rows["training"]) == {"with"}
