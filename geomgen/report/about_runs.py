"""What is known about a run: its options, older ones with their defaults, and what identifies its data and code."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.import_run import ImportConfig
from geomgen.config.registry import EXPERIMENTS, MAKERS
from geomgen.config.train import TRAIN, TrainConfig
from geomgen.errors import UsageError
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, START_DIGEST, STATES_DIGEST, TEACHER_DIGEST

if TYPE_CHECKING:
    from geomgen.store.run import Run

DIGESTS = {
    "data": DATA_DIGEST, "teacher": TEACHER_DIGEST, "start": START_DIGEST, "arch": CODE_DIGEST,
    "optimizer": STATES_DIGEST,
}  # fmt: skip
"""Options that name something, and the facts that identify it; an unknown optimizer, what it came to."""
FILES = {name for name, doc in option_docs(ImportConfig).items() if doc.identified_by == STATES_DIGEST}
"""Options that name files of a network trained elsewhere; reports have columns of the same names."""
DIGEST_CHARACTERS = 12


def about_runs(runs: "Iterable[Run]") -> pd.DataFrame:
    """Return what is known about each run, in which the same data, teacher or start have one name wherever they were.

    Args:
        runs: Runs; options that were added after one was made have their defaults.
    """
    return _named_alike(pd.DataFrame([_about(run) for run in runs], dtype=object))


def _about(run: "Run") -> dict[str, Any]:
    """Return what is known about a run; options that were added after it was made have their defaults.

    Those of training are null for a network that was trained elsewhere.
    """
    facts, layers = run.facts, run.facts.get("layers", [])
    options = dict.fromkeys(options_of(run.experiment)) | defaults_of(run.experiment) | run.config
    return {
        **{name: cell(value) for name, value in options.items() if name not in FILES},
        "run_id": run.id,
        "experiment": run.experiment,
        "num_parameters": facts.get("num_parameters"),
        "num_classes": facts.get("num_classes"),
        "penultimate": layers[-2] if len(layers) > 1 else None,
        **{digest: _short(facts.get(digest, "")) for digest in DIGESTS.values()},
    }


@cache
def defaults_of(experiment: str) -> dict[Any, Any]:
    """Return the defaults of the options of an experiment that makes runs; none of any other."""
    return MAKERS[experiment].config().filled().to_mapping() if experiment in MAKERS else {}


@cache
def options_of(experiment: str) -> tuple[str, ...]:
    """Return the options of the runs of an experiment; of networks, also those of training; none of a sweep."""
    if experiment not in EXPERIMENTS:
        return ()
    record = EXPERIMENTS[experiment]
    return tuple(dict.fromkeys([*record.options, *(TRAIN.options if record.network else ())]))


def _short(digest: Any) -> str:
    """Return the first digits of a digest, or of one digest over those of several files."""
    text = digest if isinstance(digest, str) else hashlib.sha256(json.dumps(digest).encode()).hexdigest()
    return text[:DIGEST_CHARACTERS]


def _named_alike(about: pd.DataFrame) -> pd.DataFrame:
    """Return runs in which the same data, teacher or start have one name wherever they were stored."""
    for name in ("data", "teacher", "start"):
        if name in about:
            about[name] = list(_names(about[name], about[DIGESTS[name]]))
    return about


def _names(values: pd.Series, digests: pd.Series) -> Iterator[Any]:
    """Yield the last part of the first path with the same digest; the value itself where there is no digest."""
    known: dict[str, str] = {}
    for value, digest in zip(values, digests, strict=True):
        yield known.setdefault(digest, PurePath(value).name) if digest and value else value


def cell(value: Any) -> Any:
    """Return an option's value as a table holds it: a list as one word with commas."""
    return ",".join(map(str, value)) if isinstance(value, list) else value


@cache
def default_training(arch: str) -> dict[Any, Any]:
    """Return the defaults of a training of an architecture; those of any other, if this version does not have it."""
    try:
        return TrainConfig(arch=arch).filled().to_mapping()
    except UsageError:
        return TrainConfig().to_mapping()
