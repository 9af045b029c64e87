"""Estimates of an experiment's time and memory before it starts.

A model of three terms, good enough to order cells and to know roughly how long to wait:

    seconds = start + (products / speed + memory traffic / bandwidth + calls * overhead) * factor

The constants are those of one core of a server of 2023; the factor is that of the finished runs closest in size, if
any.
"""

import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, cast, runtime_checkable

from geomgen.config.base import Config, option_docs
from geomgen.config.registry import EXPERIMENTS, MAKERS
from geomgen.errors import GeomgenError
from geomgen.experiments.entry import cost
from geomgen.experiments.work import Work
from geomgen.store.summary import Summary

START_S = 0.3
NEIGHBOURS, RECENT = 3, 200
SHORTEST_S = 5.0
"""Runs record whole seconds, so that shorter ones say little of how fast this machine is."""


class Estimate(NamedTuple):
    """Seconds and bytes; None if unknown."""

    time_s: float | None
    memory_bytes: int | None


@runtime_checkable
class Step(Protocol):
    """An experiment and its options."""

    @property
    def experiment(self) -> str:
        """Name of the experiment."""

    @property
    def config(self) -> Config:
        """Its options."""


class TimingHistory:
    """The times that finished runs took, compared with the model's.

    Args:
        there: All runs of a folder, oldest first; the latest `RECENT` complete ones count.
    """

    def __init__(self, there: Iterable[Summary]) -> None:
        complete = [(run, seconds) for run in there if (seconds := _seconds(run)) is not None][-RECENT:]
        taken = [(run.experiment, seconds, _modelled(run)) for run, seconds in complete]
        self._pairs = [
            (model_s, max(seconds - START_S, 0.1) / model_s)
            for _, seconds, model_s in taken
            if model_s and seconds >= SHORTEST_S
        ]
        names = {name for name, _, _ in taken}
        self._estimates: dict[tuple[object, ...], Estimate] = {}
        self._medians = {name: statistics.median(s for other, s, _ in taken if other == name) for name in names}

    def estimate(self, make: Step, measures: Sequence[Step], threads: int) -> Estimate:
        """Return the time and memory that a run and its measures will take.

        Without a model of an experiment's time, it is the median of its finished runs; the memory is unknown if that of
        any step is.

        Raises:
            DataError: If a data set is not there.
            UsageError: If a measure cannot be made of such a run.
        """
        key = (*map(_alike, (make, *measures)), threads)
        if key not in self._estimates:
            self._estimates[key] = self._estimated(make, measures, threads)
        return self._estimates[key]

    def _estimated(self, make: Step, measures: Sequence[Step], threads: int) -> Estimate:
        work = [_work(make), *(_work(step, make.config) for step in measures)]
        memory = None if None in work else max(one.memory for one in work if one)
        modelled = [one.seconds(threads) if one else None for one in work]
        if modelled[0] is None:
            return Estimate(self._medians.get(make.experiment), memory)
        seconds = sum(one for one in modelled if one is not None)
        return Estimate((1 + len(measures)) * START_S + seconds * self._factor(seconds), memory)

    def _factor(self, seconds: float) -> float:
        """Return measured over modelled time, from the runs closest in size."""
        nearest = sorted(self._pairs, key=lambda pair: abs(math.log(pair[0] / seconds)))[:NEIGHBOURS]
        return statistics.median(factor for _, factor in nearest) if nearest else 1.0


def _alike(step: Step) -> tuple[object, ...]:
    """Return what steps of the same cost have in common: everything but their seed."""
    return step.experiment, *_costly(cast("Any", type(step.config)))(step.config)


@cache
def _costly(config: type) -> Callable[[Config], tuple[object, ...]]:
    """Return what reads the options of a config that bear on its cost, all but the seed; every config has several."""
    return attrgetter(*(name for name in option_docs(config) if name != "seed"))


def _work(step: Step, *made: Config) -> Work | None:
    """Return the work of a step, of a measure with the config of its run; None if there is no model of it."""
    model = cost(EXPERIMENTS[step.experiment])
    return None if model is None else model(step.config, *made)


def _seconds(run: Summary) -> float | None:
    """Return the time that a run took; None if it is not complete, or has been interrupted."""
    if run.status != "complete" or run.created is None or run.was_resumed:
        return None
    return max(1.0, (datetime.fromisoformat(run.finished) - run.created).total_seconds())


def _modelled(run: Summary) -> float | None:
    """Return the model's time of a run; None if there is no model of it, or its data set is missing."""
    return _modelled_s(run.experiment, json.dumps({**run.config, "seed": 0}))


@cache
def _modelled_s(experiment: str, options: str) -> float | None:
    """Return the model's time of options as JSON; runs that differ only in their seed share it."""
    try:
        record = MAKERS[experiment]
        model, config = cost(record), record.config.from_mapping(json.loads(options), experiment)
        return None if model is None else model(config).seconds(_threads(config.to_mapping()))
    except (GeomgenError, KeyError):
        return None


def _threads(config: Mapping[str, Any]) -> int:
    return int(config.get("threads") or 1)
