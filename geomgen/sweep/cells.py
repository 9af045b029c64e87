"""The cells of recipes: what each has to do, and how much of it is done."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from geomgen.config.base import Config
from geomgen.config.registry import MAKERS, MEASURES
from geomgen.config.sweep import ResourcesConfig
from geomgen.store.files import portable
from geomgen.store.reuse import EarlierRuns, best_run, identity, was_measured
from geomgen.store.run import Run
from geomgen.sweep.recipe import Recipe

DONE = "done"
MISSING = "missing"
FAILED = "failed"


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


@dataclass(frozen=True)
class Cell:
    """One point of a grid.

    Attributes:
        title: Experiment, and the options that distinguish the cell from the others.
        make: The command that makes its run.
        measures: The measures of the run, in order.
        resources: Resources of the cell.
        recipes: Names of the recipes that ask for it.
    """

    title: str
    make: Step
    measures: tuple[Step, ...]
    resources: ResourcesConfig
    recipes: tuple[str, ...]

    @cached_property
    def identity(self) -> str:
        """SHA-256 of everything that affects the result."""
        return hashlib.sha256(json.dumps([step.identity for step in (self.make, *self.measures)]).encode()).hexdigest()


class Standing(NamedTuple):
    """Progress of a cell: done, missing, failed, or the status of a run to resume; and that run."""

    status: str
    run: Run | None


def cells(recipe: Recipe, prepare: Prepare) -> list[Cell]:
    """Return the cells of a recipe, each once, in the order of its grids.

    Args:
        recipe: The recipe.
        prepare: Called with the config of each run to be made, its defaults filled in.

    Raises:
        UsageError: If an option is unknown or has a value that is not allowed.
    """
    source = f"Recipe {recipe.name}"
    measures = _distinct(
        Step(name, MEASURES[name].config.from_mapping(options, f"{source}: [then] {name}").filled(), {})
        for name, options in recipe.then
    )
    found = []
    for point in _points(recipe):
        config = MAKERS[recipe.experiment].config.from_mapping({**recipe.fixed, **point}, source)
        title = " ".join([recipe.experiment, *(f"{name}={_plain(portable(value))}" for name, value in point.items())])
        make = Step(recipe.experiment, *prepare(config.filled()))
        found.append(Cell(title, make, measures, recipe.resources, (recipe.name,)))
    return merged(found)


def merged(found: Iterable[Cell]) -> list[Cell]:
    """Return cells so that no two make the same run: cells with the same run become one, with the measures of both."""
    result: dict[str, Cell] = {}
    for cell in found:
        made = cell.make.identity
        result[made] = _with_both(result[made], cell) if made in result else cell
    return list(result.values())


def _with_both(first: Cell, cell: Cell) -> Cell:
    names = tuple(dict.fromkeys((*first.recipes, *cell.recipes)))
    return replace(first, measures=_distinct((*cell.measures, *first.measures)), recipes=names)


def _distinct(steps: Iterable[Step]) -> tuple[Step, ...]:
    return tuple({step.identity: step for step in steps}.values())


def standing(cell: Cell, earlier: EarlierRuns) -> Standing:
    """Return the progress of a cell, from the existing runs."""
    runs = earlier.of(cell.make.experiment, cell.make.config, cell.make.content)
    run = best_run(runs)
    if run is None:
        return Standing(FAILED, runs[-1]) if runs else Standing(MISSING, None)
    if run.status != "complete":
        return Standing(run.status, run)
    measured = all(was_measured(run, step.experiment, step.config) for step in cell.measures)
    return Standing(DONE if measured else "not measured", run)


def _points(recipe: Recipe) -> Iterable[dict[str, Any]]:
    """Yield the varying options of each cell: every combination of each grid with every line of the zipped lists."""
    lines = [dict(zip(recipe.zipped, line, strict=True)) for line in zip(*recipe.zipped.values(), strict=True)] or [{}]
    for grid in recipe.grids:
        for values in product(*grid.values()):
            for line in lines:
                yield {**dict(zip(grid, values, strict=True)), **line}


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
