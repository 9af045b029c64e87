"""How long an experiment will take and how much memory, before it starts.

A model of three terms, for the order of cells and a person's patience, not for accounts:

    seconds = start + (products / speed + memory traffic / bandwidth + calls * overhead) * factor

The constants are of one core of a server of 2023; the factor is that of the finished runs next in size, if any.
"""

import json
import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from geomgen.config.activations import ActivationsConfig
from geomgen.config.base import Config
from geomgen.config.probe_activations import ProbeActivationsConfig
from geomgen.config.registry import MAKES_RUN
from geomgen.config.train import TrainConfig
from geomgen.config.volume import VolumeConfig
from geomgen.data.dataset import Dataset
from geomgen.data.load import load_dataset
from geomgen.errors import GeomgenError
from geomgen.experiments.activation_source import held_bytes, units_by_site
from geomgen.experiments.machine import BASE_BYTES
from geomgen.experiments.train import training_bytes
from geomgen.experiments.volume import work_bytes
from geomgen.models.build import skeleton
from geomgen.numerics.pairs import BLOCK_ROWS
from geomgen.store.summary import Summary

START_S = 2.5
FLOPS_PER_S = 1.0e11
BYTES_PER_S = 1.2e10
CALL_S = 2e-4
EIGENVALUES_FLOPS = 30  # times d^3: ten, at a third of the speed of float32 products
NEIGHBOURS = 3


class Work(NamedTuple):
    """What there is to do: floating-point operations, bytes moved, layers gone through, and bytes held at the peak."""

    flops: float
    traffic: float
    calls: float
    memory: int

    def seconds(self, threads: int) -> float:
        """Return the time on so many threads, but for the start of the process."""
        return self.flops / (FLOPS_PER_S * threads) + self.traffic / BYTES_PER_S + self.calls * CALL_S

    def with_more(self, flops: float, memory: int) -> "Work":
        """Return the work together with more operations, and more bytes held."""
        return self._replace(flops=self.flops + flops, memory=self.memory + memory)


class Estimate(NamedTuple):
    """Seconds and bytes; None if nothing is known of an experiment."""

    time_s: float | None
    memory_bytes: int | None


def train_work(config: TrainConfig) -> Work:
    """Return the work of a training: six operations a product and image, seven float32 a parameter and step."""
    dataset = _dataset(config.data)
    model = skeleton(config, dataset.input_shape, dataset.num_classes)
    num_parameters = model.num_parameters()
    num_images = min(config.train_size or len(dataset.train), len(dataset.train))
    num_steps = config.epochs * math.ceil(num_images / config.batch_size)
    passes = (6.0 * num_images + 2.0 * len(dataset.test)) * config.epochs
    memory = BASE_BYTES + training_bytes(config, num_parameters)
    traffic = 28.0 * num_parameters * num_steps
    return Work(passes * model.num_products(dataset.input_shape), traffic, num_steps * len(model.layers()), memory)


def volume_work(config: VolumeConfig, made: TrainConfig) -> Work:
    """Return the work of a volume: passes, and a Gram matrix with its eigenvalues for each matrix of activations."""
    work, units, num_images = _activations_work(config, made)
    each = sum(2.0 * num_images * width**2 + EIGENVALUES_FLOPS * float(width) ** 3 for width in units)
    return work.with_more(len(config.state) * len(config.condition) * each, work_bytes(num_images, max(units)))


def probe_work(config: ProbeActivationsConfig, made: TrainConfig) -> Work:
    """Return the work of similarities: passes, and a product of all pairs of images for each matrix of activations."""
    work, units, num_images = _activations_work(config, made)
    each = sum(float(num_images) ** 2 * width for width in units) * len(config.metric)
    return work.with_more(len(config.state) * len(config.condition) * each, 12 * BLOCK_ROWS * max(units))


def _activations_work(config: ActivationsConfig, made: TrainConfig) -> tuple[Work, list[int], int]:
    """Return the work of taking activations, the units of each layer and site, and the number of images."""
    dataset = _dataset(made.data)
    model = skeleton(made, dataset.input_shape, dataset.num_classes)
    by_site = units_by_site(model, config, dataset.input_shape)
    units, num_images = [count for layers in by_site for count in layers.values()], len(dataset.test)
    flops = 4.0 * num_images * model.num_products(dataset.input_shape) * len(config.state) * len(config.site)
    traffic = 16.0 * num_images * sum(units) * len(config.state) * len(config.condition)
    return Work(flops, traffic, 0, held_bytes(by_site, model.num_parameters(), num_images)), units, num_images


MAKING: dict[str, Callable[[Any], Work]] = {"train": train_work}
MEASURING: dict[str, Callable[[Any, Any], Work]] = {"volume": volume_work, "probe-activations": probe_work}


class TimingHistory:
    """What finished runs took, beside what the model says of them.

    Args:
        there: All runs of a folder.
    """

    def __init__(self, there: Iterable[Summary]) -> None:
        taken = [(run.experiment, seconds, _modelled(run)) for run in there if (seconds := _seconds(run)) is not None]
        self._pairs = [(model_s, max(seconds - START_S, 0.1) / model_s) for _, seconds, model_s in taken if model_s]
        names = {name for name, _, _ in taken}
        self._medians = {name: statistics.median(s for other, s, _ in taken if other == name) for name in names}

    def estimate(self, make: tuple[str, Config], measures: Sequence[tuple[str, Config]], threads: int) -> Estimate:
        """Return what a run and its measures will take; of an experiment without a model, what its runs usually took.

        Raises:
            DataError: If a data set is not there.
            UsageError: If a measure cannot be made of such a run.
        """
        name, config = make
        if name not in MAKING:
            return Estimate(self._medians.get(name), None)
        known = [(measure, options) for measure, options in measures if measure in MEASURING]
        work = [MAKING[name](config), *(MEASURING[measure](options, config) for measure, options in known)]
        seconds = sum(one.seconds(threads) for one in work)
        time_s = (1 + len(measures)) * START_S + seconds * self._factor(seconds)
        return Estimate(time_s, max(one.memory for one in work))

    def _factor(self, seconds: float) -> float:
        """Return measured over modelled time, by the runs next in size."""
        nearest = sorted(self._pairs, key=lambda pair: abs(math.log(pair[0] / seconds)))[:NEIGHBOURS]
        return statistics.median(factor for _, factor in nearest) if nearest else 1.0


def _seconds(run: Summary) -> float | None:
    """Return the time that a run took; None if it is not complete, or has been interrupted."""
    if run.status != "complete" or run.created is None or run.was_resumed:
        return None
    return max(1.0, (datetime.fromisoformat(run.finished) - run.created).total_seconds())


def _modelled(run: Summary) -> float | None:
    """Return the model's time of a run; None if there is no model of it, or its data set is gone."""
    if run.experiment not in MAKING:
        return None
    return _modelled_s(run.experiment, json.dumps({**run.config, "seed": 0}))


@cache
def _modelled_s(experiment: str, options: str) -> float | None:
    """Return the model's time of options as JSON; runs that differ in nothing but their seed are of one model."""
    try:
        config = MAKES_RUN[experiment].from_mapping(json.loads(options), experiment)
        return MAKING[experiment](config).seconds(_threads(config.to_mapping()))
    except GeomgenError:
        return None


def _threads(config: Mapping[str, Any]) -> int:
    return int(config.get("threads") or 1)


@cache
def _dataset(source: str) -> Dataset:
    return load_dataset(source)
