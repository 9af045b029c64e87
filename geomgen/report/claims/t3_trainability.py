"""The third text's claims about seven devices that keep deep networks trainable."""

import math

from geomgen.report.claims.claim import Claim, Revised
from geomgen.report.claims.part import Part, measured
from geomgen.report.claims.rule import Verdict, above, below
from geomgen.report.claims.statistic import at_width
from geomgen.report.devices import DEPTHS, DEVICES, WIDTH, Device
from geomgen.report.quantities.layers import DRIFT
from geomgen.report.quantities.training import TRAIN_ACCURACY

LARGEST_DRIFT = math.log(10)
TRAINS, DOES_NOT_TRAIN = above(0.9), below(0.5)
DETAILS = (
    f"Networks of {DEPTHS[-1]} hidden layers after training on digits; the variance is kept if it changes by less than "
    "a factor of 10 from the first layer to the last. A device that changes nothing fails, since the same network "
    "cannot be on both sides of a limit."
)
REVISED = Revised(
    "It was one claim, of networks of two hidden layers, all of which train; it said nothing of training.",
    "The distance of trained layers from unit variance is smaller with He's initial weights, with layer and with batch "
    "normalisation, with weight decay than without, and with Adam than with SGD, at the largest width.",
    Verdict.FAILS,
)


def _parts(device: Device) -> tuple[Part, ...]:
    """Return what it takes: variance kept with the device and not without, and training with it and not without."""
    drift, accuracy = DRIFT.of(state="final"), TRAIN_ACCURACY.of()
    with_it, without = (device.config(DEPTHS[-1], has_it=has_it) for has_it in (True, False))
    return (
        measured(drift.among(with_it), at_width(WIDTH), below(LARGEST_DRIFT)),
        measured(drift.among(without), at_width(WIDTH), above(LARGEST_DRIFT)),
        measured(accuracy.among(with_it), at_width(WIDTH), TRAINS),
        measured(accuracy.among(without), at_width(WIDTH), DOES_NOT_TRAIN),
    )


DEVICE_CLAIMS = tuple(
    Claim(
        f"T3.1{device.letter}",
        f"With {device.words}, a deep network keeps its variance, and trains where it otherwise would not.",
        _parts(device),
        report="unit-variance",
        details=DETAILS,
        revised=REVISED,
    )
    for device in DEVICES
)
