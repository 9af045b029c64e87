"""A quantity: a number of a run, defined once as a function of one table; and how it is selected and combined."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any, Self

import pandas as pd

from geomgen.config.base import Config, option_flag
from geomgen.config.experiment import Experiment
from geomgen.config.registry import EXPERIMENTS, record_of
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.averages import largest_group
from geomgen.report.collect import (
    AXES,
    DIGESTS,
    MEASURE_OPTIONS,
    OPTIONS,
    SETTING,
    Collected,
    RunTables,
    made_as,
    refined,
)

Read = Callable[[pd.DataFrame], pd.DataFrame]
VALUE = "value"


@dataclass(frozen=True)
class Quantity:
    """A number of a run, or of a run's states and conditions.

    Attributes:
        name: Its column in reports.
        title: What it is, in a few words, without its unit.
        table: The table that it is read from.
        read: The column that holds it; or a function from the table's rows, all of them of the latest runs, to a frame
            with ``run_id``, the keys and ``value``.
        unit: Its unit; empty for ratios, counts and similarities.
        keys: Key columns that a selection chooses.
        where: The rows that it is read from: column and value.
        penultimate: Whether it is of the penultimate layer alone, at a site.
        site: ``pre``: before that layer's nonlinearity; ``post``: after it.
        recorded: Options on what is recorded that bear on it.
        flags: What the measuring command needs besides its defaults.
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
    penultimate: bool = False
    site: str = "pre"
    recorded: tuple[str, ...] = ()
    flags: str = ""
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
        if (self, wanted, latest) not in tables.cache:
            collected = tables.collect(self.table, self.remedy, wanted)
            tables.cache[self, wanted, latest] = self._read(collected.latest if latest else collected)
        found: Collected = tables.cache[self, wanted, latest]
        return found

    def _read(self, collected: Collected) -> Collected:
        frame = collected.frame[self._wanted(collected.frame)]
        if frame.empty:
            raise NoDataError(f"No run has {self.title}{self._described}.", self.remedy)
        if isinstance(self.read, str):
            return replace(collected, frame=frame.assign(value=frame[self.read]), keys=self.keys)
        return replace(collected, frame=_with_options(self.read(frame), frame, self.keys), keys=self.keys)

    def _wanted(self, frame: pd.DataFrame) -> "pd.Series[bool]":
        wanted = pd.Series(True, frame.index)
        for name, value in self.where.items():
            wanted &= frame[name] == value
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
        measuring = f"geomgen {self.maker.name}"
        if not self.maker.measure:
            return [" ".join(filter(None, [measuring, making, self.flags]))]
        return [f"geomgen train {making}".rstrip(), f"{measuring} RUN {self.flags}".rstrip()]

    def of(self, **keys: str) -> "Selected":
        """Return the quantity of a state, condition or other key, in runs of the published protocol."""
        return Selected(self, keys)


def _with_options(found: pd.DataFrame, frame: pd.DataFrame, keys: tuple[str, ...]) -> pd.DataFrame:
    """Return found values with the options of their runs."""
    about = frame.drop_duplicates("run_id").set_index("run_id").drop(columns=[*keys, *found], errors="ignore")
    return found.join(about, on="run_id")


@dataclass(frozen=True)
class Setting:
    """Which runs: those made by a config, except for width, seed and options that are free.

    Attributes:
        config: The config.
        free: Options that may be anything.
    """

    config: Config
    free: tuple[str, ...] = ()

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of its runs; of several settings, those of the largest.

        Raises:
            NoDataError: If there are none.
        """
        rows = frame[made_as(frame, self.config, self.free)]
        if rows.empty:
            raise NoDataError(f"No run of {self.words} has been measured.", "Make such runs with the claim's commands.")
        return largest_group(rows, *self.free)[0]

    @cached_property
    def changed(self) -> dict[str, Any]:
        """The options that differ from the defaults."""
        usual = type(self.config)().to_mapping()
        return {name: value for name, value in self.config.to_mapping().items() if value != usual[name]}

    @property
    def words(self) -> str:
        """What the runs are called in a sentence."""
        changes = ", ".join(_option(name, value) for name, value in self.changed.items())
        named = "the published protocol" if isinstance(self.config, TrainConfig) else record_of(self.config).name
        return f"{named} with {changes}" if changes else named

    @property
    def flags(self) -> str:
        """Its options on the command line."""
        words = [
            option_flag(name) if value is True else f"{option_flag(name)} {value}"
            for name, value in self.changed.items()
        ]
        return " ".join(words)


PUBLISHED = Setting(TrainConfig())


@dataclass(frozen=True)
class Expression:
    """A number per width and seed: a selected quantity, or a combination of two."""

    def values(self, tables: RunTables) -> pd.Series:
        """Return the numbers, indexed by width and seed.

        Raises:
            NoDataError: If there are none.
        """
        raise NotImplementedError

    @property
    def words(self) -> str:
        """What it is, in words."""
        raise NotImplementedError

    @property
    def unit(self) -> str:
        """Its unit."""
        raise NotImplementedError

    @property
    def selections(self) -> "tuple[Selected, ...]":
        """The selected quantities that it is made of."""
        raise NotImplementedError

    def __sub__(self, other: "Expression") -> "Combined":
        return Combined(self, other, "minus")

    def __truediv__(self, other: "Expression") -> "Combined":
        return Combined(self, other, "over")


@dataclass(frozen=True)
class Selected(Expression):
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

    def rows(self, tables: RunTables) -> pd.DataFrame:
        """Return its rows, with the options of their runs.

        Raises:
            NoDataError: If there are none.
        """
        return self.setting.rows(self.of_all(tables))

    def of_all(self, tables: RunTables, recorded: tuple[str, ...] = (), *, latest: bool = True) -> pd.DataFrame:
        """Return its rows in runs of any setting, with the options of their runs; arguments as of `Quantity.rows`.

        Raises:
            NoDataError: If there are none.
        """
        frame = self.quantity.rows(tables, recorded, latest=latest).frame
        if self.keys:
            frame = frame[(frame[list(self.keys)] == list(self.keys.values())).all(axis=1)]
        if frame.empty:
            raise NoDataError(f"No run has {self.words}.", self.quantity.remedy)
        return frame

    def values(self, tables: RunTables) -> pd.Series:
        """Return the numbers, indexed by width and seed."""
        rows = self.rows(tables)
        index = [rows["width"] if "width" in rows else pd.Series(0, rows.index, name="width"), rows["seed"]]
        found = pd.Series(rows[VALUE].to_numpy(float), pd.MultiIndex.from_arrays(index, names=AXES)).dropna()
        if found.index.has_duplicates:
            raise ValueError(f"{self.words}: several values of a width and seed")
        return found.sort_index()

    @property
    def words(self) -> str:
        """What it is, in words."""
        shown = self.distinctions(self.setting.changed)
        return _with_brackets(self.quantity.title, [word for word in shown if word != "data"])

    def distinctions(self, options: Iterable[str]) -> list[str]:
        """Return its keys and some options of its runs, in words."""
        keys = [WORDS.get(value, value.replace("-", " ")) for value in self.keys.values()]
        chosen = self.setting.config.to_mapping()
        return [*keys, *(_option(name, chosen[name]) for name in dict.fromkeys(options))]

    @property
    def unit(self) -> str:
        """Its unit."""
        return self.quantity.unit

    @property
    def selections(self) -> "tuple[Selected, ...]":
        """Itself."""
        return (self,)


WORDS = {
    "final": "trained",
    "initial": "before training",
    "control-units": "control of permuted units",
    "control-features": "control of permuted features",
    "control-gaussian-pooled": "Gaussian control",
}
NAMES = ("arch", "optimizer")
"""Options whose values say what they are."""


def _with_brackets(title: str, distinctions: list[str]) -> str:
    return f"{title} ({', '.join(distinctions)})" if distinctions else title


def _option(name: str, value: Any) -> str:
    """Return an option and its value in words: ``layer norm``, ``no layer norm``, ``lr 0.1``, ``lenet5``."""
    words = name.replace("_", " ")
    if isinstance(value, bool):
        return words if value else f"no {words}"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return shown if name in NAMES else f"{words} {shown}"


@dataclass(frozen=True)
class Combined(Expression):
    """Two numbers of the same width and seed: left minus right, left over right, or the logarithm of that.

    Attributes:
        left: The first.
        right: The second.
        how: ``minus``, ``over`` or ``ln over``.
    """

    left: Expression
    right: Expression
    how: str

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
        if not (isinstance(left, Selected) and isinstance(right, Selected) and left.quantity is right.quantity):
            return f"{logarithm}{left.words} {how} the {right.words}"
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


def log_ratio(left: Expression, right: Expression) -> Combined:
    """Return the logarithm of a ratio."""
    return Combined(left, right, "ln over")


def together(tables: RunTables, quantities: Mapping[str, Selected]) -> pd.DataFrame:
    """Return one row per run, in the order in which they were made, with several selected quantities and its options.

    Args:
        tables: Tables of the runs.
        quantities: Selected quantities by the name of their column; of runs of all settings.

    Returns:
        Null where a run has one quantity but not another.

    Raises:
        NoDataError: If no run has any.
    """
    recorded = tuple(dict.fromkeys(name for one in quantities.values() for name in one.quantity.recorded))
    parts = {name: frame for name, one in quantities.items() if (frame := _if_any(one, tables, recorded)) is not None}
    if not parts:
        first = next(iter(quantities.values()))
        raise NoDataError(f"No run has {first.words}.", first.quantity.remedy)
    values = reduce(
        lambda left, right: left.merge(right, "outer"), (_column(name, part) for name, part in parts.items())
    )
    about = pd.concat(parts.values()).drop_duplicates("run_id", keep="first")
    joined = values.merge(about.drop(columns=[name for name in values if name in about and name != "run_id"]), "left")
    options = [name for name in (*OPTIONS, *recorded, *DIGESTS.values()) if name in joined]
    unmeasured = {name: joined[name].mode().iloc[0] for name in options if name in MEASURE_OPTIONS}
    missing = {name: math.nan for name in quantities if name not in parts}
    rows = joined.fillna(unmeasured).assign(**missing)
    rows[SETTING] = refined(rows, options)
    return _one_a_seed(rows.sort_values("run_id", kind="stable", ignore_index=True))


def _one_a_seed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row per setting, width and seed: of several runs, the values of the latest that has them."""
    same = [name for name in (SETTING, *AXES) if name in rows]
    if not rows.duplicated(same).any():
        return rows
    joined = rows.groupby(same, sort=False, dropna=False, as_index=False).last()
    return joined[list(rows)].sort_values("run_id", kind="stable", ignore_index=True)


def _column(name: str, part: pd.DataFrame) -> pd.DataFrame:
    """Return a quantity's values under the name of its column, with the run and the options of its measure."""
    about = [option for option in part if option in MEASURE_OPTIONS]
    return part[["run_id", *about]].assign(**{name: part[VALUE].astype(float)})


def _if_any(one: Selected, tables: RunTables, recorded: tuple[str, ...]) -> pd.DataFrame | None:
    try:
        return one.of_all(tables, recorded)
    except NoDataError:
        return None
