"""The cells of recipes: what each has to do, and how much of it is done."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from geomgen.config.registry import FOLLOWING, MAKERS, MEASURES
from geomgen.config.sweep import ResourcesConfig
from geomgen.store.files import portable
from geomgen.store.reuse import EarlierRuns, best_run, was_measured
from geomgen.store.run import Run
from geomgen.sweep.followers import Follower, follower
from geomgen.sweep.recipe import Recipe
from geomgen.sweep.step import Prepare, Step

DONE = "done"
MISSING = "missing"
FAILED = "failed"


@dataclass(frozen=True)
class Cell:
    """One point of a grid.

    Attributes:
        title: Experiment, and the options that distinguish the cell from the others.
        make: The command that makes its run.
        measures: The measures of the run, in order.
        resources: Resources of the cell.
        recipes: Names of the recipes that ask for it.
        followers: Further runs, made from its run.
    """

    title: str
    make: Step
    measures: tuple[Step, ...]
    resources: ResourcesConfig
    recipes: tuple[str, ...]
    followers: tuple[Follower, ...] = ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All commands, in order."""
        further = (step for one in self.followers for step in (one.make, *one.measures))
        return (self.make, *self.measures, *further)

    @cached_property
    def identity(self) -> str:
        """SHA-256 of everything that affects the result."""
        return hashlib.sha256(json.dumps([step.identity for step in self.steps]).encode()).hexdigest()


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
        if name in MEASURES
    )
    found = []
    for point in _points(recipe):
        config = MAKERS[recipe.experiment].config.from_mapping({**recipe.fixed, **point}, source)
        title = " ".join([recipe.experiment, *(f"{name}={_plain(portable(value))}" for name, value in point.items())])
        make = Step(recipe.experiment, *prepare(config.filled()))
        followers = tuple(
            follower(name, options, make, measures, prepare, f"{source}: [then] {name}")
            for name, options in recipe.then
            if name in FOLLOWING
        )
        found.append(Cell(title, make, measures, recipe.resources, (recipe.name,), _together(followers)))
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
    measures = _distinct((*cell.measures, *first.measures))
    return replace(first, measures=measures, recipes=names, followers=_together((*first.followers, *cell.followers)))


def _together(followers: Iterable[Follower]) -> tuple[Follower, ...]:
    """Return followers so that no two make the same run: with the measures of both."""
    result: dict[str, Follower] = {}
    for one in followers:
        first = result.setdefault(one.make.identity, one)
        result[one.make.identity] = replace(first, measures=_distinct((*first.measures, *one.measures)))
    return tuple(result.values())


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
    if not measured:
        return Standing("not measured", run)
    return Standing(DONE if all(one.is_done(run, earlier) for one in cell.followers) else "not followed", run)


def _points(recipe: Recipe) -> Iterable[dict[str, Any]]:
    """Yield the varying options of each cell: every combination of each grid with every line of the zipped lists."""
    lines = [dict(zip(recipe.zipped, line, strict=True)) for line in zip(*recipe.zipped.values(), strict=True)] or [{}]
    for grid in recipe.grids:
        for values in product(*grid.values()):
            for line in lines:
                yield {**dict(zip(grid, values, strict=True)), **line}


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
