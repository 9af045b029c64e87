"""A run directory: what one experiment was asked, what it was computed with, and what came out."""

import fcntl
import hashlib
import json
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
import pyarrow as pa

from geomgen.errors import DataError, UsageError
from geomgen.fields import column
from geomgen.store.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from geomgen.store.environment import commit, dirty, environment
from geomgen.store.files import disk_errors, read_json, sha256, write_json
from geomgen.store.table import read_table, replaced_rows, to_frame, to_table, write_table

SCHEMA_VERSION = 1
FINISHED = ("complete", "failed", "interrupted")
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
    def status(self) -> str:
        """complete, failed, interrupted, or unfinished if there is no manifest."""
        return str(self.manifest["status"]) if self.manifest else UNFINISHED

    @property
    def manifest(self) -> dict[str, Any]:
        """What the manifest says; empty for an unfinished run.

        Raises:
            DataError: If the manifest is damaged.
        """
        path = self.path / "manifest.json"
        if not path.exists():
            return {}
        content = read_json(path)
        body = {key: value for key, value in content.items() if key != "sha256"} if isinstance(content, dict) else {}
        if not body or content.get("sha256") != _json_digest(body):
            raise DataError(f"{path} is damaged: it does not match its own SHA-256.", "Restore it from a copy.")
        return body

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
        path = self.path / name
        if self.manifest and not self._is_sound(name):
            raise DataError(
                f"{path} is damaged: its content does not match the run's manifest.",
                "Restore it from a copy, or run the command that made it again.",
            )
        return path

    def _is_sound(self, name: str) -> bool:
        manifest, path = self.manifest, self.path / name
        known = [listing[name] for listing in (manifest["files"], manifest["pending"]) if name in listing]
        if not path.exists():
            return name not in manifest["files"]
        return path.stat().st_size in {entry["size"] for entry in known} and sha256(path) in {
            entry["sha256"] for entry in known
        }

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
        if self.manifest:
            self._replace_table(path, table, measure)
        else:
            write_table(path, table)

    def _replace_table(self, path: Path, table: pa.Table, measure: Mapping[str, Any] | None) -> None:
        draft, name = path.with_name(f".{path.name}.draft"), f"tables/{path.name}"
        try:
            write_table(draft, table)
            manifest, entry = self._settled_manifest(), _entry(draft)
            self._write_manifest({**manifest, "pending": {name: entry}})
            with disk_errors(path):
                draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        measures = manifest["measures"] if measure is None else _with_measure(manifest["measures"], measure)
        self._write_manifest({
            **manifest,
            "files": {**manifest["files"], name: entry},
            "pending": {},
            "measures": measures,
        })

    def _settled_manifest(self) -> dict[str, Any]:
        """Return the manifest with what a crash left pending decided by what is on disk."""
        manifest = self.manifest
        arrived = {
            name: entry
            for name, entry in manifest["pending"].items()
            if (self.path / name).exists() and sha256(self.path / name) == entry["sha256"]
        }
        return {**manifest, "files": {**manifest["files"], **arrived}, "pending": {}}

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
        if status not in FINISHED:
            raise ValueError(f"{status!r} is not a status")
        files = {
            str(path.relative_to(self.path)): _entry(path)
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and not path.name.startswith(".") and path.name != "manifest.json"
        }
        self._write_manifest({
            "schema": SCHEMA_VERSION,
            "status": status,
            "reason": reason,
            "finished": _now(),
            "files": files,
            "pending": {},
            "measures": [],
        })

    def reopen(self) -> None:
        """Make an interrupted run unfinished again, so that it can go on."""
        with disk_errors(self.path):
            (self.path / "manifest.json").unlink(missing_ok=True)

    def _write_manifest(self, body: dict[str, Any]) -> None:
        write_json(self.path / "manifest.json", {**body, "sha256": _json_digest(body)})

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


def _entry(path: Path) -> dict[str, Any]:
    return {"size": path.stat().st_size, "sha256": sha256(path)}


def _with_measure(past: Sequence[Mapping[str, Any]], measure: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the measures made so far with a new one last, in place of an earlier one of the same config."""
    others = [entry for entry in past if any(entry[key] != measure[key] for key in ("experiment", "config"))]
    return [*others, {**measure, "commit": commit(), "dirty": dirty()}]


def _json_digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
