"""The columns that every table begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from geomgen.fields import column

UNKNOWN = "unknown"


@dataclass(frozen=True)
class RunIdentity:
    """The column that every table of a run begins with."""

    run_id: str = column("Run that the row belongs to.", key=True)


@dataclass(frozen=True)
class SeededIdentity(RunIdentity):
    """The columns that every table begins with, in a run that draws random numbers."""

    seed: int = column("Seed of the run.", key=True)


@dataclass(frozen=True)
class NetworkIdentity(SeededIdentity):
    """The columns that every table begins with, in the run of a network."""

    arch: str = column("Architecture.", key=True)
    width: int = column("Units of the last hidden layer.", key=True)


@dataclass(frozen=True)
class ImportedIdentity(RunIdentity):
    """The columns that every table begins with, in the run of a network that was trained elsewhere."""

    seed: int | None = column("Seed of the run; null: it is unknown.", key=True)
    arch: str = column("Architecture.", key=True)
    width: int = column("Units of the last hidden layer.", key=True)
    optimizer: str = column("unknown: geomgen did not train this network.", key=True)


def identity_of(run_id: str, config: Mapping[str, Any]) -> RunIdentity:
    """Return the columns that every table of a run begins with, those that its config has."""
    if "arch" in config and "seed" not in config:
        return ImportedIdentity(run_id, None, config["arch"], config["width"], UNKNOWN)
    for identity in (NetworkIdentity, SeededIdentity):
        names = [field.name for field in fields(identity)][1:]
        if set(names) <= set(config):
            return identity(run_id, *(config[name] for name in names))
    return RunIdentity(run_id)
