"""Which runs a number is of: those of a config, but for width, seed, and what is left free or has no bearing."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import pandas as pd

from geomgen.config.base import Config, as_text, option_flag, switch
from geomgen.config.registry import record_of
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.averages import largest_group
from geomgen.report.collect import AXES, made_as
from geomgen.report.protocol import Protocol

NAMES = ("arch", "optimizer")
"""Options whose values say what they are."""


@dataclass(frozen=True)
class Setting:
    """Which runs: those made by a config, except for width, seed and options that are free or idle.

    Attributes:
        config: The config.
        free: Options that may be anything.
        idle: Options that have no bearing on the number: of runs that differ in nothing else, the latest counts.
        seeds: The seeds that count; all if not given.
    """

    config: Config
    free: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    seeds: range | None = None

    def under(self, protocol: Protocol) -> Self:
        """Return the same with the options of a protocol, none of which is free.

        Raises:
            UsageError: If the options do not go together.
        """
        free = tuple(name for name in self.free if name not in protocol.options)
        chosen = {name: value for name, value in protocol.options.items() if name not in self.idle}
        return replace(self, config=replace(self.config, **chosen), free=free)

    def fits(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        """Return for each row whether it is of such a run."""
        made = made_as(frame, self.config, (*self.free, *self.idle))
        return made if self.seeds is None else made & frame["seed"].isin(self.seeds)

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of its runs; of several settings, those of the largest.

        Raises:
            NoDataError: If there are none.
        """
        rows = frame[self.fits(frame)]
        if rows.empty:
            raise NoDataError(f"No run of {self.words} has been measured.", "Make such runs with the claim's commands.")
        group = largest_group(rows, *self.free, idle=self.idle)[0]
        return self._latest(group) if self.idle else group

    def _latest(self, rows: pd.DataFrame) -> pd.DataFrame:
        same = rows.groupby([*(name for name in (*AXES, *self.free) if name in rows)], dropna=False, sort=False)
        return rows[rows["run_id"] == same["run_id"].transform("last")]

    @property
    def changed(self) -> dict[str, Any]:
        """The options that bear on the number and differ from the defaults."""
        return {name: value for name, value in self._chosen.items() if name not in self.idle}

    @cached_property
    def _chosen(self) -> dict[str, Any]:
        usual = type(self.config)().to_mapping()
        return {name: value for name, value in self.config.to_mapping().items() if value != usual[name]}

    @property
    def seed_words(self) -> list[str]:
        """Which seeds count, if not all: ``seeds 20 to 49``."""
        return [] if self.seeds is None else [f"seeds {self.seeds[0]} to {self.seeds[-1]}"]

    @property
    def words(self) -> str:
        """What the runs are called in a sentence."""
        changes = ", ".join([*(option_words(name, value) for name, value in self.changed.items()), *self.seed_words])
        named = "the published protocol" if isinstance(self.config, TrainConfig) else record_of(self.config).name
        return f"{named} with {changes}" if changes else named

    @property
    def flags(self) -> str:
        """Its options on the command line, with the config's choice of those that are idle."""
        seeds = [] if self.seeds is None else ["--seed SEED"]
        return " ".join([*(_flag(name, value) for name, value in self._chosen.items()), *seeds])


PUBLISHED = Setting(TrainConfig())


def option_words(name: str, value: Any) -> str:
    """Return an option and its value in words: ``layer norm``, ``no layer norm``, ``lr 0.1``, ``lenet5``."""
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    return _shown(value) if name in NAMES else f"{words} {_shown(value)}"


def _flag(name: str, value: Any) -> str:
    return switch(name, value) if isinstance(value, bool) else f"{option_flag(name)} {_shown(value)}"


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(as_text(value))
