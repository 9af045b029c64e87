"""Protocols that claims are judged in: the published one, and those that differ from it in a few options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Protocol:
    """Which runs and activations a claim is judged by.

    Attributes:
        name: What the command line calls it.
        about: How it differs from the published one.
        options: Options of training that replace the published ones.
        site: Where activations are taken, pre or post; where the claim takes them if empty.
    """

    name: str
    about: str
    options: Mapping[str, Any] = field(default_factory=dict)
    site: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        """Its options as ``sweep --set`` takes them: ``optimizer=sgd``."""
        return tuple(
            f"{name}={str(value).lower() if isinstance(value, bool) else value}" for name, value in self.options.items()
        )


PUBLISHED = Protocol("published", "The published protocol.")
DIGITS_EPOCHS = 400
OTHERS = (
    Protocol("site-post", "Activations after norm and nonlinearity.", site="post"),
    Protocol("no-weight-decay", "Without weight decay.", {"weight_decay": 0.0}),
    Protocol(
        "sgd", "SGD at rate 0.1, without weight decay.", {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0}
    ),
    Protocol("layer-norm", "LayerNorm before each nonlinearity.", {"layer_norm": True}),
    Protocol(
        "digits",
        f"The bundled digits, {DIGITS_EPOCHS} epochs: about as many steps as 10 epochs of MNIST. Its 297 test images "
        "bound the log determinant of layers with as many units or more.",
        {"data": "digits", "epochs": DIGITS_EPOCHS},
    ),
)  # fmt: skip
"""Declared protocols; every other data set that networks were trained on by the published options is one too."""


def of_data(name: str) -> Protocol:
    """Return the published protocol on other data."""
    return Protocol(name, f"The published protocol on the data {name}.", {"data": name})
