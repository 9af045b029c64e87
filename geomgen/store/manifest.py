"""The manifest of a run: its status, and what every file must contain.

An unfinished run has a hidden draft of it, which speaks of its tables alone: checkpoints and descriptions carry digests
over themselves, and the log is still growing.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from geomgen.errors import DataError
from geomgen.store.environment import commit, dirty
from geomgen.store.files import read_signed, sha256, write_signed
from geomgen.store.layout import DRAFT, MANIFEST, TABLES

STATUSES = ("complete", "failed", "interrupted")
UNFINISHED = "unfinished"
Entry = dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """What is so of a finished run, or of the tables of an unfinished one.

    Attributes:
        status: complete, failed or interrupted; unfinished, of a draft.
        reason: Why, if not complete.
        finished: When.
        files: Size and SHA-256 of each file, by its path in the run.
        pending: The same of a file that is about to change; until that is settled, old and new content are both sound.
        measures: Experiment, config and commit of each measurement made since.
        schema: Version of this form.
    """

    status: str
    reason: str = ""
    finished: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    files: Mapping[str, Entry] = field(default_factory=dict)
    pending: Mapping[str, Entry] = field(default_factory=dict)
    measures: tuple[Mapping[str, Any], ...] = ()
    schema: int = 1

    def __post_init__(self) -> None:
        if self.status not in {*STATUSES, UNFINISHED}:
            raise ValueError(f"{self.status!r} is not a status")

    @classmethod
    def of(cls, folder: Path, status: str, reason: str) -> Self:
        """Return the manifest of a run as it stands on disk."""
        return cls(status, reason, files=_entries(folder, folder))

    @classmethod
    def drafted(cls, folder: Path) -> Self:
        """Return the draft of an unfinished run's tables: the one that there is, else one of them as they stand.

        Raises:
            DataError: If it is damaged.
        """
        return cls.read(folder, DRAFT) or cls(UNFINISHED, files=_entries(folder, folder / TABLES))

    def draft(self) -> Self:
        """Return what holds of the tables once the run goes on."""
        tables = {name: said for name, said in self.files.items() if name.startswith(f"{TABLES}/")}
        return replace(self, status=UNFINISHED, reason="", files=tables, measures=())

    def is_sound(self, folder: Path, name: str) -> bool:
        """Return whether a file has the content that it must have, or is rightly absent."""
        path, known = folder / name, [listing[name] for listing in (self.files, self.pending) if name in listing]
        return entry(path) in known if path.is_file() else name not in self.files

    def announcing(self, folder: Path, name: str, new: Entry) -> Self:
        """Return the manifest to write before a file changes; what an earlier crash left pending is settled first."""
        arrived = {past: said for past, said in self.pending.items() if _matches(folder / past, said)}
        return replace(self, files={**self.files, **arrived}, pending={name: new})

    def settled(self, measure: Mapping[str, Any] | None) -> Self:
        """Return the manifest to write once the announced file has changed, with the measurement that changed it."""
        measures = self.measures if measure is None else (*self._other_measures(measure), _signed(measure))
        return replace(self, files={**self.files, **self.pending}, pending={}, measures=measures)

    def _other_measures(self, measure: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [past for past in self.measures if any(past[key] != measure[key] for key in ("experiment", "config"))]

    def write(self, folder: Path) -> None:
        """Write the manifest, or the draft, into its run, with a digest over itself."""
        write_signed(folder / (DRAFT if self.status == UNFINISHED else MANIFEST), asdict(self))

    @classmethod
    def read(cls, folder: Path, file: str = MANIFEST) -> Self | None:
        """Return the manifest of a run, or its draft; None if there is none: of the manifest, the run is unfinished.

        Raises:
            DataError: If it is damaged, or of another form.
        """
        path = folder / file
        if not path.exists():
            return None
        body = read_signed(path)
        try:
            found = cls(**{**body, "measures": tuple(body["measures"])})
            _check_form(found, file)
        except (TypeError, KeyError, ValueError) as error:
            raise DataError(f"{path} is of another form: {error}.", "Use the geomgen that made this run.") from error
        return found


def _entries(folder: Path, part: Path) -> dict[str, Entry]:
    """Return the entry of each file in a part of a run, but for hidden ones and the manifest."""
    paths = (path for path in sorted(part.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(folder)): entry(path) for path in paths if path.name != MANIFEST}


def entry(path: Path) -> Entry:
    """Return size and SHA-256 of a file."""
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def _matches(path: Path, said: Entry) -> bool:
    return path.is_file() and entry(path) == said


def _signed(measure: Mapping[str, Any]) -> dict[str, Any]:
    return {**measure, "commit": commit(), "dirty": dirty()}


def _check_form(manifest: Manifest, file: str) -> None:
    """Raise ValueError unless all that readers rely on is so: status, files named below the run, measures' configs."""
    if (manifest.status == UNFINISHED) != (file == DRAFT):
        raise ValueError(f"the status {manifest.status!r} is not that of {file}")
    for listing in (manifest.files, manifest.pending):
        for name in listing:
            if name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"the file {name!r} is outside the run")
    for measure in manifest.measures:
        if not isinstance(measure["experiment"], str) or not isinstance(measure["config"], dict):
            raise ValueError(f"a measure without experiment and config: {measure!r}")
