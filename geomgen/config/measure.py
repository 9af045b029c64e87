"""Options of every measure of a finished run."""

from dataclasses import dataclass
from typing import Any

from geomgen.config.base import Config
from geomgen.fields import option

MACHINE = "Machine"


def device_option() -> Any:
    """Return the option for the device that computes."""
    return option(
        "cpu",
        "Device to compute on; auto is a GPU if there is one, else cpu.",
        MACHINE,
        choices=("cpu", "cuda", "mps", "auto"),
        environmental=True,
    )


def threads_option() -> Any:
    """Return the option for the number of threads."""
    return option(
        None,
        "Threads for matrix products; as many as cores if not given. It changes the last digits of results.",
        MACHINE,
        minimum=1,
        environmental=True,
    )


@dataclass(frozen=True)
class MeasureConfig(Config):
    """At which of a run's parameters something is measured, and on which device."""

    state: tuple[str, ...] = option(
        ("initial", "final"),
        "Which parameters to measure: initial, final, or a checkpoint such as step-000938.",
        "Parameters",
        listed=True,
    )
    data: str | None = option(
        None, "Path of the run's data set, if it has moved; its contents must be the same.", "Files", environmental=True
    )
    device: str = device_option()
    threads: int | None = threads_option()


@dataclass(frozen=True)
class DerivativesConfig(MeasureConfig):
    """At which parameters, and for which images, the logits are differentiated."""

    samples: int = option(
        50,
        "Number of training images, N: the first N that the run trained on. All logits of each are used.",
        "Images",
        minimum=1,
    )
