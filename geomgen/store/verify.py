"""Whether runs are unchanged: every checksum verified, every file read through."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geomgen.errors import DataError, DiskError
from geomgen.store.checkpoint import read_through
from geomgen.store.description import read_description
from geomgen.store.files import disk_errors, read_json, read_signed
from geomgen.store.layout import CHECKPOINTS, CONFIG, ENVIRONMENT, LOG, MANIFEST, TABLES
from geomgen.store.manifest import Entry, Manifest
from geomgen.store.run import DAMAGED, Run
from geomgen.store.table import read_table

FINISHED = ("complete", "failed")
MB = 10**6
ESSENTIAL = (CONFIG, ENVIRONMENT)
READ_BY_READERS = (f"{CHECKPOINTS}/", f"{TABLES}/")
Reader = Callable[[Path, bool], object]
READERS: dict[str, Reader] = {
    CONFIG: lambda path, _signed: read_description(path),
    ENVIRONMENT: lambda path, signed: read_signed(path, exempt=lambda _body: not signed),
    ".json": lambda path, _signed: read_json(path),
    ".parquet": lambda path, _signed: read_table(path),
    ".safetensors": lambda path, _signed: read_through(path),
}
"""How a file is read through, by name or suffix; the flag says whether it must carry its own digest."""


@dataclass(frozen=True)
class Finding:
    """A finding about a run, or one of its files.

    Attributes:
        run_id: The run.
        status: complete, failed, interrupted or unfinished; damaged if one of its files is.
        problem: damaged, missing, unlisted or unfinished, and how; empty if nothing is wrong.
        file: Path of the file in the run; empty for the run as a whole.
    """

    run_id: str
    status: str
    problem: str = ""
    file: str = ""


def verify(runs: Sequence[Run], *, progress: Callable[[int, int, str], None]) -> list[Finding]:
    """Check every file of runs against its manifest, and read each one through.

    Args:
        runs: Finished or not, including those that another process is working on.
        progress: Called with the megabytes checked, the total, and the run.

    Returns:
        The findings of each run in turn: one without a problem if the run is sound and finished.

    Raises:
        DiskError: If the disk refuses.
    """
    sizes = [_visible(run.path) for run in runs]
    total, done = sum(sum(listing.values()) for listing in sizes), 0
    findings = []
    for run, listing in zip(runs, sizes, strict=True):
        problems: dict[str, str] = {}
        for name, problem in _problems(run, list(listing)):
            problems |= {name: problem} if problem else {}
            done += listing.get(name, 0)
            progress(done // MB, total // MB, run.id)
        findings += _findings(run, problems)
    return findings


def _findings(run: Run, problems: dict[str, str]) -> list[Finding]:
    damaged = any(_is_damage(name, problem) for name, problem in problems.items())
    unfinished = "" if MANIFEST in problems or run.status in FINISHED else run.reason or "it has no manifest"
    status = DAMAGED if damaged else run.status
    found = [Finding(run.id, status, problem, name) for name, problem in problems.items()]
    if unfinished:
        return [Finding(run.id, status, f"unfinished: {unfinished}"), *found]
    return found or [Finding(run.id, status)]


def _is_damage(name: str, problem: str) -> bool:
    return not problem.startswith("unlisted") or name.startswith(READ_BY_READERS)


def _visible(folder: Path) -> dict[str, int]:
    """Return the size of each file of a run except hidden ones, in order of their names."""
    with disk_errors(folder):
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]
        return {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}


def _problems(run: Run, there: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each file's name with its problem, or with an empty string."""
    manifest, told = _manifest(run)
    yield MANIFEST, told
    listed = list(manifest.files) if manifest else []
    for name in dict.fromkeys([*ESSENTIAL, *listed, *there]):
        if name != MANIFEST:
            yield name, _problem(run, manifest, name, is_guarded=not told)


def _manifest(run: Run) -> tuple[Manifest | None, str]:
    """Return a run's manifest, and its problem if it is damaged."""
    try:
        return run.manifest, ""
    except DataError as error:
        return None, _told(error, run.path / MANIFEST)


def _problem(run: Run, manifest: Manifest | None, name: str, *, is_guarded: bool) -> str:
    """Return what is wrong with a file; by its content alone, if the manifest that covers it is damaged."""
    path = run.path / name
    said = {**manifest.files, **manifest.pending}.get(name) if manifest else None
    if not path.is_file():
        return "missing" if said or name in ESSENTIAL else ""
    if manifest and said is None and not _is_listed_now(run, name):
        return "unlisted: the manifest does not list it"
    try:
        if is_guarded:
            run.checked(name)
        reader = READERS.get(name) or READERS.get(path.suffix)
        if reader:
            reader(path, _is_signed(run))
    except DataError as error:
        return _grown(path, said) or _told(error, path)
    except DiskError:
        if path.exists():  # else its process has removed it meanwhile
            raise
    return ""


def _is_signed(run: Run) -> bool:
    try:
        return run.is_signed
    except DataError:
        return False


def _is_listed_now(run: Run, name: str) -> bool:
    """Return whether a file that was not listed has been announced since."""
    manifest = run.manifest
    return manifest is None or name in {**manifest.files, **manifest.pending}


def _grown(path: Path, said: Entry | None) -> str:
    """Return the problem of a log that has all its lines and more; a log only ever grows."""
    if path.name != LOG or said is None:
        return ""
    begins = path.read_bytes()[: said["size"]]
    grown = hashlib.sha256(begins).hexdigest() == said["sha256"]
    return "unlisted: lines were added after the run had finished" if grown else ""


def _told(error: DataError, path: Path) -> str:
    return f"{DAMAGED}: {error.problem.removeprefix(f'{path} is damaged: ').rstrip('.')}"
