"""A run's summary without opening its tables: everything that a list of runs needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from geomgen.errors import DataError, DiskError
from geomgen.store.description import read_description
from geomgen.store.layout import CONFIG, MANIFEST, TABLES, moment_of
from geomgen.store.manifest import UNFINISHED
from geomgen.store.run import DAMAGED, UNREADABLE, Run

Stamp = list[int]
"""Properties of a file or folder that change whenever it is replaced or written to."""


@dataclass(frozen=True)
class Summary:
    """A run at a glance.

    Attributes:
        path: Its directory.
        id: Its id, by which a copy under another name is known too; of a damaged run, the name of its directory.
        status: complete, failed, interrupted or unfinished; or damaged or unreadable, in which case nothing else is
            known.
        experiment: Name of the experiment that made it.
        config: The experiment's options.
        facts: What was known before the work started.
        tables: Names of its tables.
        measures: Experiment, config and commit of each measurement made since.
        finished: When it was finished; empty if it was not.
        was_resumed: Whether a complete run had been interrupted on the way.
    """

    path: Path
    id: str
    status: str
    experiment: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: Sequence[str] = ()
    measures: Sequence[Mapping[str, Any]] = ()
    finished: str = ""
    was_resumed: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether anything besides the status is known."""
        return self.status not in {DAMAGED, UNREADABLE}

    @property
    def created(self) -> datetime | None:
        """When the run was made, to the second; None if its name does not say."""
        return moment_of(self.id)

    def run(self) -> Run:
        """Return the run, for reading all of it.

        Raises:
            DataError: If it no longer exists.
        """
        return Run(self.path)


ABOUT = [field.name for field in fields(Summary) if field.name not in {"path", "id"}]


def summarise(path: Path) -> Summary:
    """Read a run's summary from its own files."""
    run = Run(path)
    try:
        return Summary(path, run.id, **_about(run))
    except DataError:
        return Summary(path, run.id, DAMAGED)
    except DiskError:
        return Summary(path, run.id, UNREADABLE)


def _about(run: Run) -> dict[str, Any]:
    manifest = run.manifest
    described = read_description(run.checked(CONFIG, manifest))
    return {
        "status": manifest.status if manifest else UNFINISHED,
        "experiment": described["experiment"],
        "config": described["config"],
        "facts": described["facts"],
        "tables": run.tables,
        "measures": list(manifest.measures) if manifest else [],
        "finished": manifest.finished if manifest else "",
        "was_resumed": manifest is not None and manifest.status == "complete" and run.was_resumed,
    }


def about(summary: Summary) -> dict[str, Any]:
    """Return all of a summary except the run's path, as JSON values."""
    return {name: getattr(summary, name) for name in ABOUT}


def stamps(path: Path) -> list[Stamp | None]:
    """Return the stamps of everything a summary is made from, except a finished run's log, which its manifest fixes."""
    return [_stamp(path / name) for name in (CONFIG, MANIFEST, TABLES)]


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
