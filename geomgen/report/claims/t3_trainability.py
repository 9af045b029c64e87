"""The third text's claims about seven devices that keep deep networks trainable."""

import math

from geomgen.report.claims.claim import Claim, Revised
from geomgen.report.claims.part import Part, measured
from geomgen.report.claims.rule import Verdict, above, below
from geomgen.report.devices import DEPTHS, DEVICES, WIDTH, Device
from geomgen.report.quantities.layers import DRIFT
from geomgen.report.quantities.training import TRAIN_ACCURACY
from geomgen.report.statistic import at_width

LARGEST_DRIFT = math.log(10)
HALF = 0.5
DETAILS = (
    f"Networks of {DEPTHS[-1]} hidden layers on digits. The variance, before training of what acts on the initial "
    "network and otherwise after it, is kept if it changes by less than a factor of 10 from the first layer to the "
    "last; a network trains if it classifies more than half of the images of ten classes. A device that changes "
    "nothing fails, since the same network cannot be on both sides of a limit."
)
REVISED = Revised(
    "It was one claim, of networks of two hidden layers, all of which train; it said nothing of training.",
    "The distance of trained layers from unit variance is smaller with He's initial weights, with layer and with batch "
    "normalisation, with weight decay than without, and with Adam than with SGD at a learning rate of 0.1, at the "
    "largest width.",
    Verdict.UNDECIDED,
)


def _parts(device: Device) -> tuple[Part, ...]:
    """Return what it takes: variance kept with the device and not without, and training with it and not without."""
    drift, accuracy = DRIFT.of(state=device.state), TRAIN_ACCURACY.of()
    with_it, without = (device.config(DEPTHS[-1], has_it=has_it) for has_it in (True, False))
    return (
        measured(drift.among(with_it), at_width(WIDTH), below(LARGEST_DRIFT)),
        measured(drift.among(without), at_width(WIDTH), above(LARGEST_DRIFT)),
        measured(accuracy.among(with_it), at_width(WIDTH), above(HALF)),
        measured(accuracy.among(without), at_width(WIDTH), below(HALF)),
    )


def _claim(letter: str) -> Claim:
    devices = [device for device in DEVICES if device.letter == letter]
    return Claim(
        f"T3.1{letter}",
        f"With {' or '.join(device.words for device in devices)}, a deep network keeps its variance, and trains where "
        "it otherwise would not.",
        tuple(part for device in devices for part in _parts(device)),
        report="unit-variance",
        details=DETAILS,
        revised=REVISED,
    )


DEVICE_CLAIMS = tuple(map(_claim, dict.fromkeys(device.letter for device in DEVICES)))
