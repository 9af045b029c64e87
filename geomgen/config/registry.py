"""All experiments: the records of every module of this package, by name."""

from importlib import import_module
from pkgutil import iter_modules

from geomgen import config
from geomgen.config.base import Config, names_of_runs
from geomgen.config.experiment import Experiment

FIRST = "train"
"""What people see first: all measures begin with it."""


def _records() -> dict[str, Experiment]:
    names = [module.name for module in iter_modules(config.__path__) if f"{__package__}.{module.name}" != __name__]
    values = [value for name in names for value in vars(import_module(f"{__package__}.{name}")).values()]
    found = [value for value in values if isinstance(value, Experiment)]
    return {record.name: record for record in sorted(found, key=lambda record: (record.name != FIRST, record.name))}


def record_of(options: Config) -> Experiment:
    """Return the experiment that a config belongs to."""
    return next(record for record in EXPERIMENTS.values() if record.config is type(options))


EXPERIMENTS = _records()
MAKERS = {name: record for name, record in EXPERIMENTS.items() if record.make}
FOLLOWING = {name: record for name, record in MAKERS.items() if names_of_runs(record.config)}
"""Experiments whose runs can be made from another run."""
MEASURES = {name: record for name, record in EXPERIMENTS.items() if record.measure}
NETWORKS = {name: record for name, record in EXPERIMENTS.items() if record.network}
"""The experiments whose runs hold a network: what measures measure, and what students learn from."""
