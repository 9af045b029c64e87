"""Options of every measure of a network's activations: which layers, sites, states and conditions."""

from dataclasses import dataclass
from typing import Any

from geomgen.config.base import Config
from geomgen.fields import option

CONDITIONS = (
    "data",
    "control-features",
    "control-units",
    "control-gaussian",
    "control-gaussian-pooled",
    "permuted-pixels",
)


def condition_option(*default: str) -> Any:
    """Return the option that says what is done to inputs or activations, with a measure's own default."""
    return option(
        default,
        "data; control-features (each column permuted across images); control-units (each row's units permuted); "
        "control-gaussian (each unit's mean and variance); control-gaussian-pooled (one mean and variance for all); "
        "permuted-pixels (one permutation of the inputs).",
        "Activations",
        choices=CONDITIONS,
    )


@dataclass(frozen=True)
class ActivationsConfig(Config):
    """Of which activations something is measured."""

    layer: tuple[str, ...] = option(("penultimate",), "Layers: penultimate, all, or names.", "Activations")
    site: tuple[str, ...] = option(
        ("pre",),
        "pre: a layer's linear output before normalisation and nonlinearity; post: what it hands on.",
        "Activations",
        choices=("pre", "post"),
    )
    state: tuple[str, ...] = option(
        ("initial", "final"), "Parameters: initial, final, or a checkpoint such as step-000938.", "Activations"
    )
    condition: tuple[str, ...] = condition_option("data", "control-features", "permuted-pixels")
    threads: int | None = option(
        None, "Threads of the products; every core if not given.", "Machine", minimum=1, environmental=True
    )
