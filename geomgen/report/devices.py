"""Seven devices that keep deep networks trainable, each with a training that has it and one that differs in it alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geomgen.config.train import TrainConfig

DEPTHS = (2, 8, 32)
WIDTH = 128
BASE: dict[str, Any] = {
    "data": "digits", "width": WIDTH, "optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0, "epochs": 20,
}  # fmt: skip
HE: dict[str, Any] = {"init": "he"}


@dataclass(frozen=True)
class Device:
    """A device.

    Attributes:
        letter: Its letter in the third text.
        name: Ends the name of its figure.
        words: What it is.
        without: Options of the training without it, besides `BASE`.
        own: Options that it adds or changes.
    """

    letter: str
    name: str
    words: str
    without: Mapping[str, Any]
    own: Mapping[str, Any]

    def config(self, depth: int | None = None, *, has_it: bool) -> TrainConfig:
        """Return the config of the training with or without it."""
        return TrainConfig(**{**BASE, **self.without, **(self.own if has_it else {}), "depth": depth})


DEVICES = (
    Device("a", "width-scaling", "initial weights scaled by width for ReLU (He)", {}, HE),
    Device(
        "b", "depth-scaling", "initial branches scaled by depth^-1/2", HE | {"residual": True}, {"depth_scaling": True}
    ),
    Device("c", "normalisation", "layer normalisation", {}, {"layer_norm": True}),
    Device("d", "clipping", "gradient clipping", HE | {"lr": 1.0}, {"clip_norm": 1.0}),
    Device("e", "weight-decay", "weight decay", HE, {"weight_decay": 0.01}),
    Device("f", "residual", "residual connections", {}, {"residual": True}),
    Device("g", "adam", "Adam in place of SGD", {}, {"optimizer": "adam", "lr": 0.001}),
)
