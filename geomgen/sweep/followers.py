"""Further runs of a cell: trainings that go on from its run, or learn from it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from geomgen.config.base import Config, names_of_runs, option_docs, option_flag
from geomgen.config.registry import MAKERS, NETWORKS
from geomgen.errors import UsageError
from geomgen.store.catalog import split_state
from geomgen.store.reuse import EarlierRuns, best_run, was_measured
from geomgen.store.run import Run
from geomgen.sweep.step import Prepare, Step

RUN = "RUN"
"""What a recipe calls the cell's own run in options of its followers."""
LATER = "+"
"""Before a number: that much more than the cell's own value."""


@dataclass(frozen=True)
class Follower:
    """A further run of a cell, made from the cell's own.

    Attributes:
        make: The command that makes it, with `RUN` in the options that name the cell's run.
        measures: The measures of it, in order.
    """

    make: Step
    measures: tuple[Step, ...]

    @property
    def named(self) -> dict[str, str]:
        """The options that name the cell's run, and what they say: ``RUN`` or ``RUN:STATE``."""
        return _named(self.make.config)

    @property
    def unnamed(self) -> Config:
        """Its config without them."""
        return replace(self.make.config, **dict.fromkeys(self.named))

    def after(self, run: Run) -> Step:
        """Return the command once the cell's run is there, with that run and the digests of its states."""
        config, docs = self.make.config, option_docs(type(self.make.config))
        names = {name: value.replace(RUN, run.id, 1) for name, value in self.named.items()}
        digests = {docs[name].identified_by: run.state_sha256(split_state(value)[1]) for name, value in names.items()}
        return Step(self.make.experiment, replace(config, **names), {**self.make.content, **digests})

    def found(self, run: Run, earlier: EarlierRuns) -> Run | None:
        """Return the complete run that it made from the cell's run; None if there is none."""
        step = self.after(run)
        best = best_run(earlier.of(step.experiment, step.config, step.content))
        return best if best and best.status == "complete" else None

    def is_done(self, run: Run, earlier: EarlierRuns) -> bool:
        """Return whether that run is there, and measured."""
        found = self.found(run, earlier)
        return found is not None and all(was_measured(found, step.experiment, step.config) for step in self.measures)


def follower(
    name: str, options: Mapping[str, Any], make: Step, measures: tuple[Step, ...], prepare: Prepare, source: str
) -> Follower:
    """Return a further run of a cell: with the cell's options, except for those that are given.

    Args:
        name: Its experiment.
        options: Options that differ from the cell's.
        make: The command that makes the cell's run.
        measures: Measures of it.
        prepare: Called with its config, without the options that name the cell's run.
        source: What the options are from, in errors.

    Raises:
        UsageError: If an option is not allowed, or none names the cell's run.
    """
    if make.experiment not in NETWORKS:
        raise UsageError(f"{source}: a run of {make.experiment} has no network to go on from.", "Leave it out.")
    own = make.config.to_mapping()
    given = {option: _later(own.get(option), value) for option, value in options.items()}
    config = MAKERS[name].config.from_mapping({**own, **given}, source).filled()
    if not _named(config):
        flags = " or ".join(map(option_flag, names_of_runs(type(config))))
        raise UsageError(f"{source} does not say how it follows from the cell's run.", f"Give {flags} the value {RUN}.")
    for option, value in _named(config).items():
        if value.partition(":")[0] != RUN:
            problem = f"{source}: {option_flag(option)} {value} is not the cell's run."
            raise UsageError(problem, f"Write {RUN}, or {RUN}:STATE where a state can be named.")
    bare, content = prepare(replace(config, **dict.fromkeys(_named(config))))
    docs = option_docs(type(config))
    sources = {docs[option].identified_by: f"{value} of {make.identity}" for option, value in _named(config).items()}
    return Follower(Step(name, replace(bare, **_named(config)), {**content, **sources}), measures)


def _named(config: Config) -> dict[str, str]:
    values = {name: getattr(config, name) for name in names_of_runs(type(config))}
    return {name: value for name, value in values.items() if value is not None}


def _later(own: Any, value: Any) -> Any:
    """Return a value, or for ``"+100"`` the sum of the cell's own number and 100."""
    is_sum = isinstance(value, str) and value.startswith(LATER) and value[1:].isdecimal() and type(own) is int
    return own + int(value[1:]) if is_sum else value
