"""A run directory: what one experiment was asked, what it was computed with, and what came out."""

import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from geomgen.errors import DataError
from geomgen.fields import CODE_DIGEST, column
from geomgen.store.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from geomgen.store.environment import environment
from geomgen.store.files import append_line, disk_errors, locked, read_signed, sync, temporary, write_signed
from geomgen.store.manifest import NAME as MANIFEST
from geomgen.store.manifest import Manifest, entry
from geomgen.store.table import read_table, replaced_rows, to_frame, to_table, write_table

SCHEMA_VERSION = 2
SCHEMA_UNSIGNED = 1
DESCRIPTION = {"experiment": str, "config": dict, "facts": dict}
MOMENT = "%Y%m%dT%H%M%SZ"
UNFIT = re.compile(r"[^\w.+=-]", re.ASCII)
LONGEST_LABEL = 100
UNFINISHED = "unfinished"
FINAL = "final"
LOG = "log.txt"
OLD_CODE_DIGEST = "arch_sha256"
"""What an earlier geomgen called the digest of the one file that a user's own network was defined in."""


@dataclass(frozen=True)
class RunIdentity:
    """The column that every table of a run begins with."""

    run_id: str = column("Run that the row belongs to.", key=True)


@dataclass(frozen=True)
class SeededIdentity(RunIdentity):
    """The columns that every table begins with, in a run that draws random numbers."""

    seed: int = column("Seed of the run.", key=True)


@dataclass(frozen=True)
class NetworkIdentity(SeededIdentity):
    """The columns that every table begins with, in the run of a network."""

    arch: str = column("Architecture.", key=True)
    width: int = column("Units of the last hidden layer.", key=True)


class Run:
    """A run directory, for reading and for adding to.

    Args:
        path: The directory; it must hold a ``config.json``, or a ``manifest.json`` that knows of one.

    Raises:
        DataError: If it does not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not is_run(path):
            raise DataError(f"{path} is not a run: it has no config.json.", "List runs with: geomgen ls")

    @property
    def id(self) -> str:
        """Name of the directory."""
        return self.path.resolve().name

    @property
    def created(self) -> datetime | None:
        """When the run was made, to the second; None if its name does not say."""
        return _moment_of(self.id)

    @property
    def config(self) -> dict[str, Any]:
        """The experiment's options, every default resolved."""
        return dict(self._described["config"])

    @property
    def experiment(self) -> str:
        """Name of the experiment that made the run."""
        return str(self._described["experiment"])

    @property
    def is_signed(self) -> bool:
        """Whether each of the run's files must carry a digest over itself; an earlier geomgen wrote some without."""
        return bool(self._described["schema"] != SCHEMA_UNSIGNED)

    @property
    def facts(self) -> dict[str, Any]:
        """What was known before the work started: names of layers, number of parameters, digest of the data."""
        facts = dict(self._described["facts"])
        if (digest := facts.pop(OLD_CODE_DIGEST, None)) is not None:
            module = str(self.config["arch"]).partition(":")[0]
            facts[CODE_DIGEST] = {f"{module.replace('.', '/')}.py": digest}
        return facts

    @property
    def identity(self) -> RunIdentity:
        """The columns that every table of this run begins with, as far as its config has them."""
        config = self.config
        for identity in (NetworkIdentity, SeededIdentity):
            names = [field.name for field in fields(identity)][1:]
            if set(names) <= set(config):
                return identity(self.id, *(config[name] for name in names))
        return RunIdentity(self.id)

    @property
    def environment(self) -> dict[str, Any]:
        """What the run was computed with."""
        return read_signed(self.checked("environment.json"), exempt=lambda _: not self.is_signed)

    @property
    def manifest(self) -> Manifest | None:
        """What is so of the run since it has finished; None if it has not.

        Raises:
            DataError: If the manifest is damaged.
        """
        return Manifest.read(self.path)

    def require_finished(self) -> Manifest:
        """Return the manifest.

        Raises:
            DataError: If the run is unfinished, or its manifest is damaged.
        """
        manifest = self.manifest
        if manifest is None:
            raise DataError(f"{self.id} is unfinished.", f"Finish it with: geomgen train --resume {self.path}")
        return manifest

    @property
    def status(self) -> str:
        """complete, failed, interrupted, or unfinished if there is no manifest."""
        manifest = self.manifest
        return manifest.status if manifest else UNFINISHED

    @property
    def reason(self) -> str:
        """Why the run failed or was interrupted; empty if it was not."""
        manifest = self.manifest
        return manifest.reason if manifest else ""

    @property
    def measures(self) -> Sequence[Mapping[str, Any]]:
        """Experiment, config and commit of each measurement that was made of the finished run."""
        manifest = self.manifest
        return manifest.measures if manifest else ()

    @property
    def tables(self) -> list[str]:
        """Names of the tables that there are."""
        return sorted(path.stem for path in (self.path / "tables").glob("[!.]*.parquet"))

    @property
    def states(self) -> list[str]:
        """Names of the checkpoints that there are, but for the one that only serves to resume."""
        names = (path.stem for path in (self.path / "checkpoints").glob("[!.]*.safetensors"))
        return sorted(name for name in names if name != "resume")

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; ``frame.attrs["columns"]`` has the meaning and unit of each column.

        Raises:
            DataError: If the run has no such table, or it is damaged.
        """
        if name not in self.tables:
            known = ", ".join(self.tables) or "none yet"
            raise DataError(f"{self.id} has no table '{name}'.", f"It has: {known}.")
        return to_frame(read_table(self.checked(f"tables/{name}.parquet"), signed=self.is_signed))

    def checkpoint(self, state: str) -> Checkpoint:
        """Return the tensors of a state, after checking them.

        Raises:
            DataError: If there is no such state, or it is damaged.
        """
        if state not in {*self.states, "resume"}:
            raise DataError(f"{self.id} has no state '{state}'.", f"It has: {', '.join(self.states) or 'none yet'}.")
        return load_checkpoint(self.checked(f"checkpoints/{state}.safetensors"))

    def state_sha256(self, state: str) -> str | None:
        """Return the digest of a state's checkpoint in a finished run; None if it has no such state.

        Raises:
            DataError: If the run is unfinished, or its manifest is damaged.
        """
        entry = self.require_finished().files.get(f"checkpoints/{state}.safetensors")
        return None if entry is None else str(entry["sha256"])

    def checked(self, name: str) -> Path:
        """Return the path of one of the run's files, once its content matches the manifest.

        Raises:
            DataError: If it is damaged, or the run is finished and does not list it.
        """
        path, manifest = self.path / name, self.manifest
        while manifest and not manifest.is_sound(self.path, name):
            known, manifest = manifest, self.manifest
            if manifest == known:  # and not just replaced, with the file, by another process
                raise DataError(
                    f"{path} is damaged: its content does not match the run's manifest.",
                    "Restore it from a copy, or run the command that made it again.",
                )
        return path

    @cached_property
    def _described(self) -> dict[str, Any]:
        return read_description(self.checked("config.json"))

    def save_state(self, state: str, tensors: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Write a checkpoint of an unfinished run."""
        save_checkpoint(self.path / "checkpoints" / f"{state}.safetensors", tensors, about)

    def add_rows(self, name: str, rows: Sequence[Any], measure: Mapping[str, Any] | None = None) -> None:
        """Add rows to a table, in place of those with the same key columns. The caller holds the run's `lock`.

        In a finished run the manifest first announces the new content, then the file changes, then the manifest
        settles: killed at any moment, every file matches one of the two.

        Args:
            name: The table's name.
            rows: Instances of one row dataclass, at least one.
            measure: The experiment and config that made them, kept with the commit so that they can be made again.
        """
        path = self.path / "tables" / f"{name}.parquet"
        old = read_table(self.checked(f"tables/{name}.parquet"), signed=self.is_signed) if path.exists() else None
        table = replaced_rows(old, to_table(self.identity, rows))
        manifest = self.manifest
        if manifest is None:
            write_table(path, table)
            return
        draft = temporary(path)
        try:
            write_table(draft, table)
            manifest = manifest.announcing(self.path, f"tables/{path.name}", entry(draft))
            manifest.write(self.path)
            with disk_errors(path):
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        manifest.settled(measure).write(self.path)

    def log(self, line: str) -> None:
        """Add a line with the time to ``log.txt``."""
        append_line(self.path / LOG, f"{_now()} {line}")

    def finish(self, status: str, reason: str = "") -> None:
        """Write the manifest, last of all.

        Args:
            status: complete, failed or interrupted.
            reason: Why, if not complete.

        Raises:
            ValueError: If there is no such status.
        """
        manifest = Manifest.of(self.path, status, reason)
        with disk_errors(self.path):
            for name in manifest.files:
                sync(self.path / name)
        manifest.write(self.path)

    def reopen(self) -> None:
        """Make an interrupted run unfinished again, so that it can go on."""
        with disk_errors(self.path):
            (self.path / MANIFEST).unlink(missing_ok=True)
            sync(self.path)

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[None]:
        """Keep other processes from changing this run; a dead process holds nothing.

        Args:
            wait: Whether to wait for another process to let go.

        Raises:
            UsageError: If another process is changing it, unless told to wait.
        """
        with locked(self.path, wait=wait):
            yield


def create_run(root: Path, experiment: str, label: str, config: Mapping[str, Any], facts: Mapping[str, Any]) -> Run:
    """Make a new run directory and write what is known before the work starts.

    Args:
        root: Folder of runs; made if it does not exist.
        experiment: The words of the experiment's subcommand.
        label: Short description for the directory's name, such as ``mlp-w512-s0``.
        config: Resolved options.
        facts: What else was found out before the start.

    Returns:
        The new run, unfinished.

    Raises:
        DiskError: If the disk refuses.
    """
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        path = _new_path(root, experiment, label)
        draft = temporary(path)
        draft.mkdir()
    try:
        _describe(draft, experiment, config, facts)
        _make_visible(draft, path)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Run(path)


def _make_visible(draft: Path, path: Path) -> None:
    with disk_errors(path):
        draft.rename(path)
        try:
            sync(path.parent)
        except BaseException:
            path.rename(draft)
            raise


def read_description(path: Path) -> dict[str, Any]:
    """Return the content of a run's ``config.json``: experiment, config and facts.

    Raises:
        DataError: If it is damaged, or of another form.
    """
    content = read_signed(path, exempt=lambda body: body.get("schema") == SCHEMA_UNSIGNED)
    if set(content) != {"schema", *DESCRIPTION} or not _is_described(content):
        raise DataError(
            f"{path} does not describe a run of schema {SCHEMA_VERSION}.", "Use the geomgen that made this run."
        )
    return content


def is_run(path: Path) -> bool:
    """Return whether a directory is a run."""
    return (path / "config.json").is_file() or (path / MANIFEST).is_file()


def _new_path(root: Path, experiment: str, label: str) -> Path:
    """Return a path that no run has: time, experiment, label and six random digits."""
    name = f"{experiment.replace(' ', '-')}-{UNFIT.sub('-', label)[:LONGEST_LABEL]}-{secrets.token_hex(3)}"
    return root / f"{_moment(root):{MOMENT}}-{name}"


def _moment(root: Path) -> datetime:
    """Return the time, or the second after the latest run's: a clock set back must not hide what is latest."""
    now = datetime.now(UTC).replace(microsecond=0)
    latest = max((_moment_of(path.name) or now for path in root.iterdir()), default=now)
    return now if now >= latest else latest + timedelta(seconds=1)


def _moment_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.partition("-")[0], MOMENT).replace(tzinfo=UTC) if name[0] == "2" else None
    except ValueError:
        return None


def _describe(folder: Path, experiment: str, config: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    with disk_errors(folder):
        for name in ("checkpoints", "tables"):
            (folder / name).mkdir()
    write_signed(folder / "environment.json", environment())
    about = {"schema": SCHEMA_VERSION, "experiment": experiment, "config": dict(config), "facts": dict(facts)}
    write_signed(folder / "config.json", about)


def _is_described(content: dict[str, Any]) -> bool:
    is_known = content["schema"] in (SCHEMA_UNSIGNED, SCHEMA_VERSION)
    return is_known and all(isinstance(content[name], kind) for name, kind in DESCRIPTION.items())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
