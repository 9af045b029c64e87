"""A quantity: a number of a run, defined once as a function of one table; and how it is selected and combined."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Self, cast

import pandas as pd

from geomgen.config.base import Config
from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.train import LEARNING, TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import AXES, SETTING, Collected, RunTables, refined
from geomgen.report.protocol import Protocol
from geomgen.report.setting import PUBLISHED, Setting, option_words

Read = Callable[[pd.DataFrame], pd.DataFrame]
VALUE, MEASUREMENT = "value", "measurement"
SHORTEST: dict[str, Any] = {"epochs": 1, "train_size": 1}
"""Options of the cheapest training: one step."""
SITES = {"pre": "before its nonlinearity", "post": "after its norm and nonlinearity"}
"""Where activations of a layer are taken."""


@dataclass(frozen=True)
class Quantity:
    """A number of a run, or of a run's states and conditions.

    Attributes:
        name: Its column in reports.
        title: What it is, in a few words, without its unit.
        table: The table that it is read from.
        read: The column that holds it; or a function from the table's rows, all of them of the latest runs, to a frame
            with ``run_id``, the keys and ``value``. Each measurement of a run is a run of its own to it.
        unit: Its unit; empty for ratios, counts and similarities.
        keys: Key columns that a selection chooses.
        where: The rows that it is read from: column and value.
        best: Returns the rows that it is read from where a run has several measurements that could tell it.
        penultimate: Whether it is of the penultimate layer alone, at a site.
        site: ``pre``: before that layer's nonlinearity; ``post``: after it.
        recorded: Options on what is recorded that bear on it.
        flags: What the measuring command needs besides its defaults.
        made: Whether it is of runs that its experiment makes, of one that measures networks too.
        formula: How it is computed.
        source: Where it comes from.
    """

    name: str
    title: str
    table: str
    read: str | Read
    unit: str = ""
    keys: tuple[str, ...] = ()
    where: Mapping[str, Any] = field(default_factory=dict)
    best: Read | None = None
    penultimate: bool = False
    site: str = "pre"
    recorded: tuple[str, ...] = ()
    flags: str = ""
    made: bool = False
    formula: str = ""
    source: str = ""

    __hash__ = object.__hash__

    def rows(self, tables: RunTables, recorded: tuple[str, ...] = (), *, latest: bool = True) -> Collected:
        """Return one row per run and keys with the run's options and the ``value``.

        Args:
            tables: Tables of the runs.
            recorded: Options on what is recorded that bear on what the quantity stands beside.
            latest: Whether to leave out runs that later ones repeat.

        Raises:
            NoDataError: If no run has it.
        """
        wanted = tuple(sorted({*self.recorded, *recorded}))
        collected = tables.collect(self.table, self.remedy, wanted)
        return tables.once((self, wanted, latest), lambda: self._read(collected.latest if latest else collected))

    def _read(self, collected: Collected) -> Collected:
        frame = collected.frame[self._wanted(collected.frame)]
        if frame.empty:
            raise NoDataError(f"No run has {self.title}{self._described}.", self.remedy)
        frame = self.best(frame) if self.best else frame
        if isinstance(self.read, str):
            return replace(collected, frame=frame.assign(value=frame[self.read]), keys=self.keys)
        return replace(collected, frame=_of_each_measurement(self.read, frame, self.keys), keys=self.keys)

    def _wanted(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        wanted = _having(frame, self.where)
        if self.penultimate:
            wanted &= (frame["layer"] == frame["penultimate"]) & (frame["site"] == self.site)
        return wanted

    @property
    def _described(self) -> str:
        return "".join(f", {name} {value}" for name, value in self.where.items())

    @property
    def maker(self) -> Experiment:
        """The experiment that writes its table."""
        return next(record for record in EXPERIMENTS.values() if self.table in record.tables)

    @property
    def remedy(self) -> str:
        """How to get it."""
        return f"Make one with: {', then '.join(self.commands())}"

    def commands(self, making: str = "") -> list[str]:
        """Return the commands that make a run with it.

        Args:
            making: Options of the command that makes the run.
        """
        measuring = ["geomgen", self.maker.name]
        if self.made or not self.maker.measure:
            return [_command(*measuring, making, self.flags)]
        return [_command("geomgen", "train", making), _command(*measuring, "RUN", self.flags)]

    def at(self, site: str) -> "Quantity":
        """Return it of activations at a site; itself if it is of no site, or of that one already, or none is named."""
        return _at(self, site) if self.penultimate and site not in {"", self.site} else self

    def of(self, **keys: str) -> "Selected":
        """Return the quantity of a state, condition or other key, in runs of the published protocol."""
        return Selected(self, keys)


@cache
def _at(quantity: Quantity, site: str) -> Quantity:
    """Return the same quantity at another site: one object, so that its rows are read once."""
    flags = _command(quantity.flags, f"--site {site}")
    return replace(quantity, title=f"{quantity.title} {SITES[site]}", site=site, flags=flags)


def _having(frame: pd.DataFrame, values: Mapping[str, Any]) -> "pd.Series[bool]":
    """Return for each row whether its columns have these values."""
    having = pd.Series(True, frame.index)
    for name, value in values.items():
        having &= frame[name] == value
    return having


def _command(*words: str) -> str:
    return " ".join(filter(None, words))


def _of_each_measurement(read: Read, frame: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Return what is read from each run's rows of each setting, with the options that these were measured with."""
    measurement = refined(frame, ["run_id", SETTING])
    found = read(frame.assign(run_id=measurement)).rename(columns={"run_id": MEASUREMENT})
    same = [MEASUREMENT, *(key for key in keys if key in found and key in frame)]
    about = frame.assign(**{MEASUREMENT: measurement}).drop_duplicates(same)
    known = {*keys, *found} - {*same}
    options = about.drop(columns=[name for name in about if name in known])
    return found.merge(options, "left", on=same).drop(columns=MEASUREMENT)


class _Arithmetic:
    """What can be combined with another number of the same width and seed."""

    def __sub__(self, other: "Expression") -> "Combined":
        return Combined(cast("Expression", self), other, "minus")

    def __truediv__(self, other: "Expression") -> "Combined":
        return Combined(cast("Expression", self), other, "over")


@dataclass(frozen=True)
class Selected(_Arithmetic):
    """A quantity of a state, condition or other key, in the runs of a setting.

    Attributes:
        quantity: The quantity.
        keys: Values of its keys.
        setting: Which runs.
    """

    quantity: Quantity
    keys: Mapping[str, str]
    setting: Setting = PUBLISHED

    def among(self, config: Config | None = None, *free: str, **changed: Any) -> Self:
        """Return the same of other runs: of a config, or of the published protocol with some options changed.

        Args:
            config: The config.
            free: Options that may be anything.
            changed: Options that differ from the published ones.
        """
        return replace(self, setting=Setting(config or TrainConfig(**changed), free))

    def with_seeds(self, seeds: range) -> Self:
        """Return the same of some seeds alone, as of those that were fixed before their numbers were seen.

        Args:
            seeds: The seeds.
        """
        return replace(self, setting=replace(self.setting, seeds=seeds))

    def untrained(self, **changed: Any) -> Self:
        """Return the same of networks before training, however they are trained after it.

        Args:
            changed: Options that differ from the published ones.
        """
        return replace(self, setting=Setting(TrainConfig(**SHORTEST, **changed), idle=LEARNING))

    def under(self, protocol: Protocol) -> Self:
        """Return the same in the runs of another protocol.

        Raises:
            UsageError: If its networks have no such option.
        """
        return replace(self, quantity=self.quantity.at(protocol.site), setting=self.setting.under(protocol))

    def rows(self, tables: RunTables) -> pd.DataFrame:
        """Return its rows, with the options of their runs.

        Raises:
            NoDataError: If there are none.
        """
        return tables.once(self._key, lambda: self.setting.rows(self.of_all(tables)))

    @property
    def _key(self) -> tuple[Any, ...]:
        """What its rows are kept under."""
        return (self.quantity, tuple(self.keys.items()), self.setting)

    def of_all(self, tables: RunTables, recorded: tuple[str, ...] = (), *, latest: bool = True) -> pd.DataFrame:
        """Return its rows in runs of any setting, with the options of their runs; arguments as of `Quantity.rows`.

        Raises:
            NoDataError: If there are none.
        """
        rows = self.quantity.rows(tables, recorded, latest=latest)
        chosen = (self.quantity, recorded, latest, *self.keys.items())
        frame = tables.once(chosen, lambda: rows.frame[_having(rows.frame, self.keys)]) if self.keys else rows.frame
        if frame.empty:
            raise NoDataError(f"No run has {self.words}.", self.quantity.remedy)
        return frame

    def values(self, tables: RunTables) -> pd.Series:
        """Return the numbers, indexed by width and seed.

        Raises:
            NoDataError: If there are none.
            ValueError: If a width and seed has several.
        """
        return tables.once((VALUE, *self._key), lambda: self._values(self.rows(tables)))

    def _values(self, rows: pd.DataFrame) -> pd.Series:
        index = [rows["width"] if "width" in rows else pd.Series(0, rows.index, name="width"), rows["seed"]]
        found = pd.Series(rows[VALUE].to_numpy(float), pd.MultiIndex.from_arrays(index, names=AXES)).dropna()
        if found.index.has_duplicates:
            raise ValueError(f"{self.words}: several values of a width and seed")
        if found.empty:
            raise NoDataError(f"No run has a known {self.words}.", self.quantity.remedy)
        return found.sort_index()

    @property
    def words(self) -> str:
        """What it is, in words."""
        return _with_brackets(self.quantity.title, self.shown)

    @property
    def shown(self) -> list[str]:
        """What sets it apart: its keys, the options of its runs that are not the defaults, and its seeds."""
        found = [*self.distinctions(self.setting.changed), *self.setting.seed_words]
        return [word for word in found if word != "data"]

    def distinctions(self, options: Iterable[str]) -> list[str]:
        """Return its keys and some options of its runs, in words."""
        keys = [WORDS.get(value, value.replace("-", " ")) for value in self.keys.values()]
        chosen = self.setting.config.to_mapping()
        return [*keys, *(option_words(name, chosen[name]) for name in dict.fromkeys(options))]

    @property
    def unit(self) -> str:
        """Its unit."""
        return self.quantity.unit

    @property
    def selections(self) -> "tuple[Selected, ...]":
        """Itself."""
        return (self,)

    @property
    def compared(self) -> set[str]:
        """Options in which its runs differ: none."""
        return set()


WORDS = {
    "final": "trained",
    "initial": "before training",
    "control-units": "control of permuted units",
    "control-features": "control of permuted features",
    "control-gaussian-pooled": "Gaussian control",
}


def _with_brackets(title: str, distinctions: list[str]) -> str:
    return f"{title} ({', '.join(distinctions)})" if distinctions else title


@dataclass(frozen=True)
class Combined(_Arithmetic):
    """Two numbers of the same width and seed: left minus right, left over right, or the logarithm of that.

    Attributes:
        left: The first.
        right: The second.
        how: ``minus``, ``over`` or ``ln over``.
    """

    left: "Expression"
    right: "Expression"
    how: str

    def under(self, protocol: Protocol) -> Self:
        """Return the same in the runs of another protocol; it raises as of `Selected`."""
        return replace(self, left=self.left.under(protocol), right=self.right.under(protocol))

    def values(self, tables: RunTables) -> pd.Series:
        """Return the numbers, indexed by width and seed."""
        left, right = self.left.values(tables), self.right.values(tables)
        found = left - right if self.how == "minus" else left / right
        found = found.where(found > 0).map(math.log, "ignore") if self.how == "ln over" else found
        found = found.dropna()
        if found.empty:
            raise NoDataError(f"No width and seed has both sides of {self.words}.", "Measure both with the same seeds.")
        return found

    @property
    def words(self) -> str:
        """What it is, in words."""
        left, right, how = self.left, self.right, self.how.removeprefix("ln ")
        logarithm = "logarithm of the " if self.how == "ln over" else ""
        apart = f"{logarithm}{left.words} {how} the {right.words}"
        if not (isinstance(left, Selected) and isinstance(right, Selected)):
            return apart
        if left.quantity is not right.quantity:
            titles = f"{logarithm}{left.quantity.title} {how} the {right.quantity.title}"
            return _with_brackets(titles, left.shown) if left.shown == right.shown else apart
        changed = [*left.setting.changed, *right.setting.changed]
        one, two = left.distinctions(changed), right.distinctions(changed)
        sides = [", ".join(word for word in words if word not in one or word not in two) for words in (one, two)]
        shown = [word for word in one if word in two and word != "data"]
        return _with_brackets(f"{logarithm}{left.quantity.title}", [f"{sides[0]} {how} {sides[1]}", *shown])

    @property
    def unit(self) -> str:
        """Its unit."""
        return self.left.unit if self.how == "minus" else ""

    @property
    def selections(self) -> tuple[Selected, ...]:
        """Those of both sides."""
        return (*self.left.selections, *self.right.selections)

    @property
    def compared(self) -> set[str]:
        """Options in which the runs of its selections differ."""
        first, *others = (one.setting.config.to_mapping() for one in self.selections)
        return {name for name, value in first.items() for other in others if other.get(name) != value}


Expression = Selected | Combined
"""A number per width and seed."""


def log_ratio(left: Expression, right: Expression) -> Combined:
    """Return the logarithm of a ratio."""
    return Combined(left, right, "ln over")
