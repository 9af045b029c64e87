"""Verdicts on devices that keep networks trainable, on made-up runs."""

from dataclasses import replace

import pytest

from geomgen.report.devices import DEPTHS, DEVICES, WIDTH, Device
from geomgen.store.run import Run
from tests.report.claims.judging import judgement, verdict
from tests.report.made_up_runs import RunMaker, layer_row, training_row

GOOD, BAD = (1.0, 0.99), (0.01, 0.11)
DEAD = (0.0, 0.11)
"""Root mean square of the last layer's output, where the first one's is 1; and training accuracy."""


def trained(make_run: RunMaker, device: Device, *, has_it: bool, as_found: tuple[float, float]) -> list[Run]:
    """Return three seeds of a network with or without a device."""
    config = device.config(DEPTHS[-1], has_it=has_it).to_mapping()
    rms, accuracy = as_found
    return [
        make_run(
            tables={
                "layer_statistics": [
                    layer_row(name, device.state, 1.0, size)
                    for name, size in (("hidden1", 1.0), ("hidden2", rms * (1 + seed / 1000)))
                ],
                "training": [replace(training_row(1), train_accuracy=accuracy + seed / 1000)],
            },
            **config | {"seed": seed, "width": WIDTH},
        )
        for seed in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize("letter", "abcdefg")
@pytest.mark.parametrize(
    ("with_it", "without", "said"),
    [
        (GOOD, BAD, "holds"),
        (GOOD, DEAD, "holds"),
        (DEAD, BAD, "does not hold"),
        (GOOD, GOOD, "does not hold"),
        (BAD, BAD, "does not hold"),
        ((1.0, 0.11), BAD, "does not hold"),
        ((0.01, 0.99), BAD, "does not hold"),
        (GOOD, (0.01, 0.99), "does not hold"),
        (GOOD, (1.0, 0.11), "does not hold"),
    ],
)
def test_a_device_has_to_make_the_difference(
    make_run: RunMaker, letter: str, with_it: tuple[float, float], without: tuple[float, float], said: str
) -> None:
    """In particular one that changes nothing fails, whether networks train or not."""
    runs = [
        run
        for device in DEVICES
        if device.letter == letter
        for has_it, as_found in ((True, with_it), (False, without))
        for run in trained(make_run, device, has_it=has_it, as_found=as_found)
    ]
    assert verdict(runs, f"T3.1{letter}") == said


def test_one_side_alone_decides_nothing(make_run: RunMaker) -> None:
    runs = trained(make_run, DEVICES[0], has_it=True, as_found=GOOD)
    assert verdict(runs, "T3.1a") == "undecided"
    assert len(judgement(runs, "T3.1a").missing) == 2
    assert verdict(runs, "T3.1d") == "not yet measured"


def test_one_of_two_normalisations_is_not_enough(make_run: RunMaker) -> None:
    layer, batch = (device for device in DEVICES if device.letter == "c")
    runs = [
        *trained(make_run, layer, has_it=False, as_found=BAD),
        *trained(make_run, layer, has_it=True, as_found=(1.0, 0.11)),
        *trained(make_run, batch, has_it=True, as_found=GOOD),
    ]
    assert verdict(runs, "T3.1c") == "does not hold"
