"""The cells of recipes: what each is to do, and what has been done of it."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from geomgen.config.base import Config
from geomgen.config.registry import MAKES_RUN, MEASURES_RUN
from geomgen.config.sweep import ResourcesConfig
from geomgen.data.load import absolute_source, load_dataset
from geomgen.store.reuse import EarlierRuns, best_run, was_measured
from geomgen.store.run import Run
from geomgen.sweep.recipe import Recipe

DONE = "done"
MISSING = "missing"
FAILED = "failed"


class Step(NamedTuple):
    """One command: a subcommand and its options."""

    experiment: str
    config: Config

    @property
    def identity(self) -> tuple[str, str]:
        """What tells it from other commands: the subcommand, and the fingerprint of its config."""
        return self.experiment, self.config.fingerprint()


@dataclass(frozen=True)
class Cell:
    """One point of a grid.

    Attributes:
        title: Experiment and the options that tell the cell from its neighbours.
        make: What makes its run.
        measures: What is measured of the run, in order.
        resources: What it is given.
        recipes: Names of the recipes that ask for it.
    """

    title: str
    make: Step
    measures: tuple[Step, ...]
    resources: ResourcesConfig
    recipes: tuple[str, ...]

    @property
    def identity(self) -> str:
        """SHA-256 of what bears on the result."""
        return hashlib.sha256(json.dumps([step.identity for step in (self.make, *self.measures)]).encode()).hexdigest()


class Standing(NamedTuple):
    """How far a cell is: done, missing, failed, or the status of a run to go on with; and that run."""

    status: str
    run: Run | None


def cells(recipe: Recipe) -> list[Cell]:
    """Return the cells of a recipe, each once, in the order of its grids.

    Raises:
        UsageError: If an option is unknown or has a value that is not allowed.
    """
    source = f"Recipe {recipe.name}"
    measures = tuple(
        Step(name, MEASURES_RUN[name].from_mapping(options, f"{source}: [then] {name}").filled())
        for name, options in recipe.then
    )
    found = []
    for point in _points(recipe):
        config = MAKES_RUN[recipe.experiment].from_mapping({**recipe.fixed, **point}, source)
        title = " ".join([recipe.experiment, *(f"{name}={_plain(value)}" for name, value in point.items())])
        make = Step(recipe.experiment, _located(config.filled()))
        found.append(Cell(title, make, measures, recipe.resources, (recipe.name,)))
    return merged(found)


def merged(found: Iterable[Cell]) -> list[Cell]:
    """Return cells so that no two make the same run: one of them does, and has the measures of both."""
    result: dict[tuple[str, str], Cell] = {}
    for cell in found:
        first = result.setdefault(cell.make.identity, cell)
        measures = {step.identity: step for step in (*cell.measures, *first.measures)}
        names = tuple(dict.fromkeys((*first.recipes, *cell.recipes)))
        result[cell.make.identity] = replace(first, measures=tuple(measures.values()), recipes=names)
    return list(result.values())


def standing(cell: Cell, earlier: EarlierRuns) -> Standing:
    """Return how far a cell is, by the runs that there are."""
    same = earlier.of(*cell.make)
    runs = [run for run in same if _has_same_data(run)]
    run = best_run(runs)
    if run is None:
        return Standing(FAILED, runs[-1]) if runs else Standing(MISSING, None)
    if run.status != "complete":
        return Standing(run.status, run)
    measured = all(was_measured(run, *step) for step in cell.measures)
    return Standing(DONE if measured else "not measured", run)


def _points(recipe: Recipe) -> Iterable[dict[str, Any]]:
    """Yield what varies of each cell: every combination of each grid with every line of the zipped lists."""
    lines = [dict(zip(recipe.zipped, line, strict=True)) for line in zip(*recipe.zipped.values(), strict=True)] or [{}]
    for grid in recipe.grids:
        for values in product(*grid.values()):
            for line in lines:
                yield {**dict(zip(grid, values, strict=True)), **line}


def _located(config: Config) -> Config:
    """Return a config whose data set is found from any folder."""
    data = config.to_mapping().get("data")
    if not isinstance(data, str) or not Path(data).exists():
        return config
    return replace(config, data=absolute_source(data))  # type: ignore[call-arg]


def _has_same_data(run: Run) -> bool:
    """Return whether the data set of a run is still what it was."""
    digest = run.facts.get("data_sha256")
    return digest is None or digest == _data_digest(run.config["data"])


@cache
def _data_digest(source: str) -> str:
    """Return the digest of a data set as it is now."""
    return load_dataset(source).sha256


def _plain(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
