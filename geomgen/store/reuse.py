"""Work already done: the runs of a config, the measures of a run, and which process may continue them."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any, cast

from geomgen.config.base import Config, option_docs
from geomgen.config.registry import MAKERS
from geomgen.errors import DiskError, GeomgenError, UsageError
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, START_DIGEST, STATES_DIGEST, TEACHER_DIGEST
from geomgen.store.catalog import age, names, summaries, summarised
from geomgen.store.files import disk_errors, locked, temporary
from geomgen.store.layout import is_run
from geomgen.store.run import Run
from geomgen.store.summary import Summary

DIGESTS = (DATA_DIGEST, TEACHER_DIGEST, START_DIGEST, CODE_DIGEST, STATES_DIGEST)

Numbers = tuple[str, *tuple[float, ...]]
"""An experiment, and the values of its options that are numbers."""


def identity(experiment: str, config: Config, facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what distinguishes runs: experiment, options, and the content of what the options name.

    Args:
        experiment: Its name.
        config: Its options.
        facts: What is known before the start; only digests count.
    """
    content = {name: facts[name] for name in DIGESTS if name in facts}
    return hashlib.sha256(json.dumps([experiment, config.fingerprint(), content], sort_keys=True).encode()).hexdigest()


class EarlierRuns:
    """The runs of a folder by their request; each is read once, and new ones are noticed.

    Args:
        root: Folder of runs.
        known: Its contents, if they have been read; what changes later is then not noticed.
    """

    def __init__(self, root: Path, known: Iterable[Summary] | None = None) -> None:
        self._root, self._watches = root, known is None
        self._seen: set[str] = set()
        self._alike: dict[Numbers, list[tuple[Path, Callable[[], str | None]]]] = {}
        for summary in summaries(root) if known is None else known:
            self._see(summary)

    def of(self, experiment: str, config: Config, facts: Mapping[str, Any]) -> list[Run]:
        """Return the runs of the `identity` of these, oldest first; damaged ones are left out."""
        there = set(names(self._root)) if self._watches else self._seen
        for name in there - self._seen:
            if summary := summarised(self._root / name):
                self._see(summary)
        alike = self._alike.get(_numbers(experiment, config.to_mapping()))
        if alike is None:
            return []
        wanted = identity(experiment, config, facts)
        same = [path for path, identity_of in alike if path.name in there and identity_of() == wanted]
        return sorted((Run(path) for path in same if is_run(path)), key=lambda run: age(run.path, run.id))

    def _see(self, summary: Summary) -> None:
        self._seen.add(summary.path.name)
        if summary.experiment in MAKERS:
            once = cache(partial(_identity, summary))
            self._alike.setdefault(_numbers(summary.experiment, summary.config), []).append((summary.path, once))


def _numbers(experiment: str, options: Mapping[str, Any]) -> Numbers:
    """Return what runs of the same identity have in common, without making a config."""
    return experiment, *(options.get(name, default) for name, default in _default_numbers(experiment).items())


@cache
def _default_numbers(experiment: str) -> dict[str, float]:
    """Return the numeric defaults of the options that affect the result."""
    docs, defaults = option_docs(MAKERS[experiment].config), MAKERS[experiment].config().to_mapping()
    return {
        name: value
        for name, value in defaults.items()
        if isinstance(value, float | int) and not docs[name].environmental
    }


def _identity(summary: Summary) -> str | None:
    """Return the identity of a run; None if this version does not accept its config."""
    try:
        config = MAKERS[summary.experiment].config.from_mapping(summary.config, summary.id)
        return identity(summary.experiment, config, summary.facts)
    except GeomgenError:
        return None


def best_run(candidates: Iterable[Run]) -> Run | None:
    """Return the first complete run, else the first that can be resumed, else None."""
    usable = [run for run in candidates if run.status != "failed"]
    return max(usable, key=lambda run: run.status == "complete", default=None)


def was_measured(run: Run, experiment: str, config: Config) -> bool:
    """Return whether a run has been measured by an experiment with a config of the same fingerprint."""
    past = (json.dumps(measure["config"]) for measure in run.measures if measure["experiment"] == experiment)
    return any(config.fingerprint() == _fingerprint(cast("Any", type(config)), options) for options in past)


@lru_cache(maxsize=1000)
def _fingerprint(config: Any, options: str) -> str:
    """Return the fingerprint of options as JSON; many runs of a sweep are measured alike."""
    return str(config.from_mapping(json.loads(options), "A measure of a run").fingerprint())


def is_in_use(run: Run) -> bool:
    """Return whether another process is changing a run."""
    with ExitStack() as held:
        return not _locked(run, held)


@contextmanager
def reserved_run(
    root: Path, find: Callable[[], Run | None], make: Callable[[], Run], on_wait: Callable[[Run], None]
) -> Iterator[Run]:
    """Use an earlier run, or make one, and keep other processes from changing it.

    If several processes ask for the same run, one makes it; the others wait until it releases the lock, and use what it
    left: a complete run, or one to resume.

    Args:
        root: Folder of runs; created if it does not exist.
        find: Returns the earlier run, if there is one.
        make: Makes a new run under ``root``.
        on_wait: Called with a run that is waited for.

    Yields:
        The run; its lock is held unless it is complete.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        while True:
            with locked(root, wait=True):
                run = find() or make()
                if run.status == "complete" or _locked(run, held):
                    break
            on_wait(run)
            _wait_for(run)
        yield run


def discard(run: Run) -> None:
    """Remove a run that came to nothing, in one step; the caller holds its lock.

    Raises:
        DiskError: If the disk refuses.
    """
    with disk_errors(run.path), locked(run.runs_dir, wait=True):
        shutil.rmtree(run.path.rename(temporary(run.path)))


def _wait_for(run: Run) -> None:
    """Wait until another process releases a run, or discards it."""
    try:
        with run.lock(wait=True):
            pass
    except DiskError:
        if run.path.exists():
            raise


def _locked(run: Run, held: ExitStack) -> bool:
    try:
        held.enter_context(run.lock())
    except UsageError:
        return False
    return True
