"""Options of ``geomgen volume``."""

from dataclasses import dataclass

from geomgen.config.base import Config
from geomgen.fields import option

CONDITIONS = ("data", "control-features", "control-units", "control-gaussian", "permuted-pixels")


@dataclass(frozen=True)
class VolumeConfig(Config):
    """Of which activations the log determinant is taken, and by which rule. The defaults are the published ones."""

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
    condition: tuple[str, ...] = option(
        ("data", "control-features", "permuted-pixels"),
        "data; control-features (each column permuted across images); control-units (each row's units permuted); "
        "control-gaussian (same mean and variance); permuted-pixels (one permutation of the inputs).",
        "Activations",
        choices=CONDITIONS,
    )
    rule: tuple[str, ...] = option(
        ("relative",),
        "relative: squared singular values within e^8 of the 16 largest; floor: clipped below at --floor; full: all; "
        "ledoit-wolf: all, after shrinkage.",
        "Log determinant",
        choices=("relative", "floor", "full", "ledoit-wolf"),
    )
    floor: float = option(
        1.0, "Squared singular value at which rule floor clips.", "Log determinant", minimum=0, exclusive=True
    )
    threads: int | None = option(
        None, "Threads of the products; every core if not given.", "Machine", minimum=1, environmental=True
    )
