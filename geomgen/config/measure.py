"""Options of every measure of a finished run."""

from dataclasses import dataclass
from typing import Any

from geomgen.config.base import Config
from geomgen.fields import option

MACHINE = "Machine"


def device_option() -> Any:
    """Return the option that says where to compute."""
    return option("cpu", "Where to compute.", MACHINE, choices=("cpu", "cuda", "mps", "auto"), environmental=True)


def threads_option() -> Any:
    """Return the option that says how many threads compute."""
    return option(
        None,
        "Threads for matrix products; all cores if not given. Results depend on it in the last digits.",
        MACHINE,
        minimum=1,
        environmental=True,
    )


@dataclass(frozen=True)
class MeasureConfig(Config):
    """At which parameters of a run something is measured, and where it is computed."""

    state: tuple[str, ...] = option(
        ("initial", "final"), "Parameters: initial, final, or a checkpoint such as step-000938.", "Parameters"
    )
    data: str | None = option(
        None, "Where the run's data set is now, if it has moved; it must be the same.", "Files", environmental=True
    )
    device: str = device_option()
    threads: int | None = threads_option()
