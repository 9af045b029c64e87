"""Devices that keep deep networks trainable, each with a training that has it and one that differs in it alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geomgen.config.train import TrainConfig

DEPTHS = (2, 8, 32)
WIDTH = 128
BASE: dict[str, Any] = {
    "data": "digits", "optimizer": "sgd", "lr": 0.01, "weight_decay": 0.0, "epochs": 20,
}  # fmt: skip
HE: dict[str, Any] = {"init": "he"}
ADAM: dict[str, Any] = {"optimizer": "adam", "lr": 0.001}
BEFORE, AFTER = "initial", "final"


@dataclass(frozen=True)
class Device:
    """A device.

    Attributes:
        letter: Its letter in the third text.
        name: Ends the name of its figure.
        words: What it is.
        without: Options of the training without it, besides `BASE`.
        own: Options that it adds or changes.
        state: Where it acts, and so where variance is judged: on the initial network, or in training.
    """

    letter: str
    name: str
    words: str
    without: Mapping[str, Any]
    own: Mapping[str, Any]
    state: str

    def config(self, depth: int | None = None, *, has_it: bool) -> TrainConfig:
        """Return the config of the training with or without it; at any width."""
        return TrainConfig(**{**BASE, **self.without, **(self.own if has_it else {}), "depth": depth})


DEVICES = (
    Device("a", "width-scaling", "initial weights scaled by width for ReLU (He)", {}, HE, BEFORE),
    Device(
        "b", "depth-scaling", "initial branches scaled by depth^-1/2", HE | ADAM | {"residual": True},
        {"depth_scaling": True}, BEFORE,
    ),
    Device("c", "layer-norm", "layer normalisation", {}, {"layer_norm": True}, BEFORE),
    Device("c", "batch-norm", "batch normalisation", {}, {"batch_norm": True}, BEFORE),
    Device("d", "clipping", "gradient clipping", {"layer_norm": True, "lr": 0.1}, {"clip_norm": 0.1}, AFTER),
    Device("e", "weight-decay", "weight decay", HE, {"weight_decay": 0.01}, AFTER),
    Device("f", "residual", "residual connections", {}, {"residual": True}, BEFORE),
    Device("g", "adam", "Adam in place of SGD", {}, ADAM, AFTER),
)  # fmt: skip
"""Without clipping or Adam, some would end in a loss that is not a number, of which nothing could be measured.

Clipping is therefore compared in networks with layer normalisation, and depth scaling in trainings by Adam.
"""
