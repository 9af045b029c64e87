"""One command of a cell."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from geomgen.config.base import Config
from geomgen.store.reuse import identity

Prepare = Callable[[Config], tuple[Config, Mapping[str, Any]]]
"""Makes the paths of a config absolute, and returns the digests of their content."""


@dataclass(frozen=True)
class Step:
    """One command: a subcommand, its options, and the digests of what they name."""

    experiment: str
    config: Config
    content: Mapping[str, Any]

    @cached_property
    def identity(self) -> str:
        """What distinguishes it from other commands."""
        return identity(self.experiment, self.config, self.content)
