"""A recipe: an experiment, the grid of its options, the measures of each run, and the reports at the end."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from math import prod
from typing import Any, Self

from geomgen.config.base import Config, checked_names
from geomgen.config.registry import FOLLOWING, MAKERS, MEASURES
from geomgen.config.sweep import ReportsConfig, ResourcesConfig
from geomgen.errors import UsageError, suggestion

LARGEST_GRID = 100_000
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}(/[A-Za-z0-9][A-Za-z0-9._-]{0,62})?")
KEYS = ("name", "about", "experiment", "set", "grid", "zip", "then", "report", "resources", "slurm")
DECIMAL = re.compile(r"[+-]?(\d+\.|\.\d+)([eE][+-]?\d+)?")
SLURM_KEY, SLURM_VALUE = re.compile(r"[a-z][a-z-]*"), re.compile(r"[\w.,:=@%+/*-]+")

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Recipe:
    """What a sweep has to do.

    Attributes:
        name: Letters, digits, ``.``, ``_`` and ``-``; a recipe of a set begins with ``SET/``.
        about: Its purpose, in one sentence.
        experiment: Subcommand that makes a cell's run.
        fixed: Options that all cells share.
        grids: Lists of values by option; a grid's cells are their combinations, the recipe's those of all its grids.
        zipped: Lists of the same length by option, varied together; combined with each grid.
        then: Measures of each finished run, in order, and further runs made from it: subcommand and options.
        reports: Reports made at the end; None for none.
        resources: Resources of one cell.
        slurm: Directives for sbatch, such as ``time`` and ``partition``.
    """

    name: str
    about: str
    experiment: str
    fixed: Options
    grids: tuple[Mapping[str, tuple[Any, ...]], ...]
    zipped: Mapping[str, tuple[Any, ...]]
    then: tuple[tuple[str, Options], ...]
    reports: ReportsConfig | None
    resources: ResourcesConfig
    slurm: Mapping[str, str]

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any], name: str) -> Self:
        """Make a recipe from TOML.

        Args:
            mapping: The content of the file.
            name: The recipe's name if the file gives none, and its name in errors.

        Returns:
            The recipe, checked as far as possible without its experiment.

        Raises:
            UsageError: If a key is unknown or a value is not allowed; options of experiments are checked by `cells`.
        """
        source = f"Recipe {name}"
        given = checked_names(mapping, KEYS, source)
        recipe = cls(
            name=_name(given.get("name", name)),
            about=_word(given.get("about", ""), f"{source}: about"),
            experiment=_known(given.get("experiment", "train"), MAKERS, "experiment"),
            fixed=_section(given.get("set", {}), f"{source}: [set]"),
            grids=tuple(_lists(grid, f"{source}: [grid]") for grid in _one_or_many(given.get("grid", {}))),
            zipped=_lists(given.get("zip", {}), f"{source}: [zip]"),
            then=tuple(_measures(given.get("then", {}), f"{source}: [then]")),
            reports=_reports(given.get("report"), f"{source}: [report]"),
            resources=ResourcesConfig.from_mapping(
                _section(given.get("resources", {}), source), f"{source}: [resources]"
            ),
            slurm=_directives(given.get("slurm", {}), f"{source}: [slurm]"),
        )
        recipe.check_axes(source)
        return recipe

    def to_mapping(self) -> dict[str, Any]:
        """Return the recipe as JSON values, such as `from_mapping` takes."""
        return {
            "name": self.name,
            "about": self.about,
            "experiment": self.experiment,
            "set": dict(self.fixed),
            "grid": [{name: list(values) for name, values in grid.items()} for grid in self.grids],
            "zip": {name: list(values) for name, values in self.zipped.items()},
            "then": {name: [dict(options) for other, options in self.then if other == name] for name, _ in self.then},
            **({"report": _given(self.reports)} if self.reports else {}),
            "resources": _given(self.resources),
            "slurm": dict(self.slurm),
        }

    def changed(self, fixed: Options, grid: Mapping[str, tuple[Any, ...]]) -> Self:
        """Return the recipe with other values: fixing an option removes it from the grid, and vice versa.

        Raises:
            UsageError: If an option is zipped with others, or the grid is too large.
        """
        for name in (*fixed, *grid):
            if name in self.zipped:
                raise UsageError(f"'{name}' is zipped with other options in recipe {self.name}.", "Change the recipe.")
        kept = [{name: values for name, values in old.items() if name not in fixed} for old in self.grids]
        recipe = replace(
            self,
            fixed={**{name: value for name, value in self.fixed.items() if name not in grid}, **fixed},
            grids=tuple({**old, **grid} for old in kept),
        )
        recipe.check_axes(f"Recipe {self.name}")
        return recipe

    def check_axes(self, source: str) -> None:
        """Check that each option occurs once, that zipped lists are equally long, and that the grid is not too large.

        Raises:
            UsageError: If not.
        """
        if len({len(values) for values in self.zipped.values()}) > 1:
            lengths = ", ".join(f"{name} has {len(values)}" for name, values in self.zipped.items())
            raise UsageError(f"{source}: the lists of [zip] differ in length: {lengths}.", "Make them equally long.")
        for names in (self.fixed, *self.grids):
            for other in (self.zipped, *((self.fixed,) if names is not self.fixed else ())):
                if both := names.keys() & other.keys():
                    raise UsageError(f"{source} names '{min(both)}' twice.", "Keep one of [set], [grid] and [zip].")
        size = sum(prod(map(len, grid.values())) for grid in self.grids) * max(
            map(len, self.zipped.values()), default=1
        )
        if size > LARGEST_GRID:
            raise UsageError(f"{source} has {size} cells.", f"Give at most {LARGEST_GRID}.")


def text_value(text: str) -> Any:
    """Return the value of a word of the command line: a TOML value if it is one, else the word itself.

    A number may begin or end with its point, as .001 and 1. do; a date is a word.
    """
    import tomllib

    if DECIMAL.fullmatch(text):
        return float(text)
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, date | time) else value


def _given(config: Config) -> dict[str, Any]:
    return {name: value for name, value in config.to_mapping().items() if value is not None}


def _name(value: Any) -> str:
    name = _word(value, "The name of a recipe,")
    if not NAME.fullmatch(name) or ".." in name:
        raise UsageError(f"A recipe cannot have the name {value!r}.", "Use letters, digits, '.', '_' and '-'.")
    return name


def _word(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{what} {value} is not text.", f'Put it in quotes: "{value}"')
    return value


def _known(value: Any, known: Iterable[str], what: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise UsageError(f"There is no {what} {value!r}.", suggestion(str(value), known, "There are"))
    return value


def _section(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"{what} {value!r} is not a table.", "Write: key = value, one per line.")
    return {name.replace("-", "_"): item for name, item in value.items()}


def _one_or_many(value: Any) -> list[Any]:
    return value if isinstance(value, list) and value else [value]


def _lists(value: Any, what: str) -> dict[str, tuple[Any, ...]]:
    section = _section(value, what)
    for name, values in section.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"{what} {name} = {values!r} is not a list of values.", f"Write: {name} = [1, 2]")
    return {name: tuple(values) for name, values in section.items()}


def _measures(value: Any, what: str) -> Iterable[tuple[str, Options]]:
    for name, options in _section(value, what).items():
        spelling = _known(name.replace("_", "-"), {**MEASURES, **FOLLOWING}, "measure")
        for one in _one_or_many(options):
            yield spelling, _section(one, f"{what} {spelling}")


def _reports(value: Any, what: str) -> ReportsConfig | None:
    return None if value is None else ReportsConfig.from_mapping(_section(value, what), what)


def _directives(value: Any, what: str) -> dict[str, str]:
    found = {name.replace("_", "-"): str(item) for name, item in _section(value, what).items()}
    for name, item in found.items():
        if not SLURM_KEY.fullmatch(name) or not SLURM_VALUE.fullmatch(item):
            raise UsageError(f"{what} {name} = {item!r} is not a directive of sbatch.", 'Write: time = "04:00:00"')
    return found
