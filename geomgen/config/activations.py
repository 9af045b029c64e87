"""Options of every measure of a network's activations: which layers, sites, states and conditions."""

from dataclasses import dataclass
from typing import Any

from geomgen.config.measure import MeasureConfig
from geomgen.fields import option

CONDITIONS = (
    "data",
    "control-features",
    "control-units",
    "control-gaussian",
    "control-gaussian-pooled",
    "permuted-pixels",
)


def condition_option(*default: str, **others: str) -> Any:
    """Return the option for what is done to inputs or activations, with a measure's own default.

    Args:
        default: The default.
        others: What further conditions are, by their name with underscores.
    """
    known = {name.replace("_", "-"): meaning for name, meaning in others.items()}
    return option(
        default,
        "What is done to the inputs or activations: data (nothing); control-features (each column permuted across "
        "images); control-units (each row's units permuted); control-gaussian (each unit's mean and variance); "
        "control-gaussian-pooled (one mean and variance for all); permuted-pixels (one permutation of the inputs)"
        + "".join(f"; {name} ({meaning})" for name, meaning in known.items())
        + ".",
        "Activations",
        choices=(*CONDITIONS, *known),
        listed=True,
    )


@dataclass(frozen=True)
class ActivationsConfig(MeasureConfig):
    """Which activations are measured."""

    layer: tuple[str, ...] = option(
        ("penultimate",), "Layers to measure: penultimate, all, or names such as hidden1.", "Activations", listed=True
    )
    site: tuple[str, ...] = option(
        ("pre",),
        "pre: a layer's linear output; post: its output after normalisation and activation.",
        "Activations",
        choices=("pre", "post"),
        listed=True,
    )
    condition: tuple[str, ...] = condition_option("data", "control-features", "permuted-pixels")
