"""A run directory: what one experiment was asked, what it was computed with, and what came out."""

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from geomgen.errors import DataError, UsageError
from geomgen.fields import column
from geomgen.store.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from geomgen.store.environment import environment
from geomgen.store.files import disk_errors, read_json, write_json
from geomgen.store.manifest import NAME as MANIFEST
from geomgen.store.manifest import Manifest, entry
from geomgen.store.table import read_table, replaced_rows, to_frame, to_table, write_table

SCHEMA_VERSION = 1
UNFINISHED = "unfinished"


@dataclass(frozen=True)
class RunIdentity:
    """The columns that every table of a run begins with."""

    run_id: str = column("Run that the row belongs to.", key=True)
    seed: int = column("Seed of the run.", key=True)
    arch: str = column("Architecture.", key=True)
    width: int = column("Units of the last hidden layer.", key=True)


class Run:
    """A run directory, for reading and for adding to.

    Args:
        path: The directory; it must hold a ``config.json``.

    Raises:
        DataError: If it does not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not (path / "config.json").is_file():
            raise DataError(f"{path} is not a run: it has no config.json.", "List runs with: geomgen ls")

    @property
    def id(self) -> str:
        """Name of the directory."""
        return self.path.resolve().name

    @cached_property
    def config(self) -> dict[str, Any]:
        """The experiment's options, every default resolved."""
        return dict(self._described()["config"])

    @cached_property
    def experiment(self) -> str:
        """Name of the experiment that made the run."""
        return str(self._described()["experiment"])

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What was known before the work started: names of layers, number of parameters, digest of the data."""
        return dict(self._described()["facts"])

    @property
    def identity(self) -> RunIdentity:
        """The columns that every table of this run begins with."""
        return RunIdentity(self.id, self.config["seed"], self.config["arch"], self.config["width"])

    @property
    def environment(self) -> dict[str, Any]:
        """What the run was computed with."""
        return dict(read_json(self.checked("environment.json")))

    @property
    def manifest(self) -> Manifest | None:
        """What is so of the run since it has finished; None if it has not.

        Raises:
            DataError: If the manifest is damaged.
        """
        return Manifest.read(self.path)

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
        return to_frame(read_table(self.checked(f"tables/{name}.parquet")))

    def checkpoint(self, state: str) -> Checkpoint:
        """Return the tensors of a state, after checking them.

        Raises:
            DataError: If there is no such state, or it is damaged.
        """
        if state not in {*self.states, "resume"}:
            raise DataError(f"{self.id} has no state '{state}'.", f"It has: {', '.join(self.states) or 'none yet'}.")
        return load_checkpoint(self.checked(f"checkpoints/{state}.safetensors"))

    def checked(self, name: str) -> Path:
        """Return the path of one of the run's files, once its content matches the manifest.

        Raises:
            DataError: If it is damaged, or the run is finished and does not list it.
        """
        path, manifest = self.path / name, self.manifest
        if manifest and not manifest.is_sound(self.path, name):
            raise DataError(
                f"{path} is damaged: its content does not match the run's manifest.",
                "Restore it from a copy, or run the command that made it again.",
            )
        return path

    def _described(self) -> dict[str, Any]:
        content = read_json(self.checked("config.json"))
        if not isinstance(content, dict) or content.get("schema") != SCHEMA_VERSION or not _is_described(content):
            raise DataError(
                f"{self.path / 'config.json'} does not describe a run of schema {SCHEMA_VERSION}.",
                "Use the geomgen that made this run.",
            )
        return content

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
        old = read_table(self.checked(f"tables/{name}.parquet")) if path.exists() else None
        table = replaced_rows(old, to_table(self.identity, rows))
        manifest = self.manifest
        if manifest is None:
            write_table(path, table)
            return
        draft = path.with_name(f".{path.name}.draft")
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
        path = self.path / "log.txt"
        with disk_errors(path), path.open("a") as file:
            file.write(f"{_now()} {line}\n")

    def finish(self, status: str, reason: str = "") -> None:
        """Write the manifest, last of all.

        Args:
            status: complete, failed or interrupted.
            reason: Why, if not complete.

        Raises:
            ValueError: If there is no such status.
        """
        Manifest.of(self.path, status, reason).write(self.path)

    def reopen(self) -> None:
        """Make an interrupted run unfinished again, so that it can go on."""
        with disk_errors(self.path):
            (self.path / MANIFEST).unlink(missing_ok=True)

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[None]:
        """Keep other processes from changing this run; a dead process holds nothing.

        Args:
            wait: Whether to wait for another process to let go.

        Raises:
            UsageError: If another process is changing it, unless told to wait.
        """
        with disk_errors(self.path):
            descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise UsageError(f"{self.id} is in use by another process.", "Wait until it has ended.") from None
        else:
            yield
        finally:
            os.close(descriptor)


def create_run(root: Path, experiment: str, label: str, config: Mapping[str, Any], facts: Mapping[str, Any]) -> Run:
    """Make a new run directory and write what is known before the work starts.

    Args:
        root: Folder of runs; made if it does not exist.
        experiment: Name of the experiment.
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
        path = _new_directory(root, f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{experiment}-{label}")
        for name in ("checkpoints", "tables"):
            (path / name).mkdir()
    write_json(path / "environment.json", environment())
    write_json(
        path / "config.json",
        {"schema": SCHEMA_VERSION, "experiment": experiment, "config": dict(config), "facts": dict(facts)},
    )
    return Run(path)


def _new_directory(root: Path, stem: str) -> Path:
    while True:
        path = root / f"{stem}-{secrets.token_hex(3)}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path


def _is_described(content: dict[str, Any]) -> bool:
    config = content.get("config")
    has_key_columns = isinstance(config, dict) and {"arch", "width", "seed"} <= set(config)
    return has_key_columns and isinstance(content.get("facts"), dict) and isinstance(content.get("experiment"), str)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
