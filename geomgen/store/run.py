"""A run directory: an experiment's request, its environment and its results."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from geomgen.errors import DataError, DiskError
from geomgen.fields import Columns
from geomgen.store.advice import how_to_finish
from geomgen.store.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from geomgen.store.description import SCHEMA_UNSIGNED, read_description, write_description
from geomgen.store.environment import environment
from geomgen.store.files import append_line, disk_errors, locked, read_signed, sync, temporary, write_signed
from geomgen.store.identity import RunIdentity, identity_of
from geomgen.store.layout import (
    CELLS,
    CHECKPOINTS,
    CONFIG,
    DRAFT,
    ENVIRONMENT,
    FIGURES,
    LOG,
    MANIFEST,
    RESUME,
    SLURM,
    TABLES,
    is_id,
    is_run,
    moment_of,
    new_path,
    state_file,
    stems,
    table_file,
)
from geomgen.store.manifest import STATUSES, UNFINISHED, Manifest, entry
from geomgen.store.migrations import migrated
from geomgen.store.outside import require_outside_runs
from geomgen.store.table import read_table, replaced_rows, to_frame, to_table, with_run_id, write_table

RESUMED = "resumed"
DAMAGED, UNREADABLE = "damaged", "unreadable"


class Run:
    """A run directory, for reading and for adding to.

    Args:
        path: The directory; it must hold a ``config.json``, or a ``manifest.json`` that lists one.

    Raises:
        DataError: If it does not.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not is_run(path):
            raise DataError(f"{path} is not a run: it has no config.json.", "List runs with: geomgen ls")

    @cached_property
    def id(self) -> str:
        """What the directory was called when the run was made; its name, if it is a copy beside the run itself."""
        path = self.path.resolve()
        if is_id(path.name):
            return path.name
        with suppress(DataError, DiskError):
            if (made_as := self._described.get("id")) and not is_run(path.parent / made_as):
                return str(made_as)
        return path.name

    @property
    def created(self) -> datetime | None:
        """When the run was made, to the second; None if its name does not say."""
        return moment_of(self.id)

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
        """Whether each of the run's files must carry its own digest; an earlier version wrote some without."""
        return bool(self._described["schema"] != SCHEMA_UNSIGNED)

    @property
    def facts(self) -> dict[str, Any]:
        """What was known before the work started: names of layers, number of parameters, digest of the data."""
        return dict(self._described["facts"])

    @property
    def identity(self) -> RunIdentity:
        """The columns that every table of this run begins with, those that its config has."""
        return identity_of(self.id, self.config)

    @property
    def environment(self) -> dict[str, Any]:
        """The environment that the run was computed in."""
        return read_signed(self.checked(ENVIRONMENT), exempt=lambda _: not self.is_signed)

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the finished run; None if it is not finished.

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
            raise DataError(f"{self.id} is unfinished.", how_to_finish(self.experiment, self.path))
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
        """Experiment, config and commit of each measurement made on the finished run."""
        manifest = self.manifest
        return manifest.measures if manifest else ()

    @property
    def tables(self) -> list[str]:
        """Names of the existing tables."""
        return sorted(stems(self.path, table_file("")))

    @property
    def states(self) -> list[str]:
        """Names of the existing checkpoints, without the one used only to resume."""
        return sorted(name for name in stems(self.path, state_file("")) if name != RESUME)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; ``frame.attrs["columns"]`` has the meaning and unit of each column.

        Raises:
            DataError: If the run has no such table, or it is damaged.
        """
        if name not in self.tables:
            known = ", ".join(self.tables) or "none yet"
            raise DataError(f"{self.id} has no table '{name}'.", f"It has: {known}.")
        return to_frame(self._rows(name))

    def _rows(self, name: str) -> pa.Table:
        """Return a table under the current names of its columns, and of its run."""
        return with_run_id(migrated(name, read_table(self.checked_table(name))), self.id)

    def table_path(self, name: str) -> Path:
        """Return the path of a table, whether or not it exists."""
        return self.path / table_file(name)

    def checked_table(self, name: str) -> Path:
        """Return the path of a table, once its content matches the manifest.

        Raises:
            DataError: If it is damaged, or the run is finished and does not list it.
        """
        return self.checked(table_file(name))

    def checkpoint(self, state: str) -> Checkpoint:
        """Return the tensors of a state, after checking them.

        Raises:
            DataError: If there is no such state, or it is damaged.
        """
        self.require_state(state)
        return load_checkpoint(self.checked(state_file(state)))

    def require_state(self, state: str) -> None:
        """Refuse the name of a state that there is no checkpoint of.

        Raises:
            DataError: If there is none.
        """
        if not self.has_state(state):
            raise DataError(f"{self.id} has no state '{state}'.", f"It has: {', '.join(self.states) or 'none yet'}.")

    def has_state(self, state: str) -> bool:
        """Return whether there is a checkpoint of that name, including the one used only to resume."""
        return state in {*self.states, RESUME} and (self.path / state_file(state)).exists()

    def state_sha256(self, state: str) -> str | None:
        """Return the SHA-256 of a finished run's checkpoint, by its manifest; None if it has no such state.

        Raises:
            DataError: If the run is unfinished.
        """
        listed = self.require_finished().files.get(state_file(state))
        return None if listed is None else str(listed["sha256"])

    def checked(self, name: str, manifest: Manifest | None = None) -> Path:
        """Return the path of one of the run's files, once its content matches the manifest.

        Args:
            name: Its path in the run.
            manifest: The manifest, if it has just been read.

        Raises:
            DataError: If it is damaged, or the run is finished and does not list it.
        """
        path, manifest = self.path / name, manifest or self._guard(name)
        while manifest and not manifest.is_sound(self.path, name):
            known, manifest = manifest, self._guard(name)
            if manifest == known:  # and not just replaced, with the file, by another process
                raise DataError(
                    f"{path} is damaged: its content does not match the run's manifest.",
                    "Restore it from a copy, or run the command that made it again.",
                )
        return path

    def _guard(self, name: str) -> Manifest | None:
        """Return the reference for a file's content: the manifest, or the draft of the tables of an unfinished run."""
        return self.manifest or (Manifest.read(self.path, DRAFT) if name.startswith(f"{TABLES}/") else None)

    @cached_property
    def _described(self) -> dict[str, Any]:
        return read_description(self.checked(CONFIG))

    def save_state(self, state: str, tensors: Mapping[str, Any], about: Mapping[str, Any]) -> None:
        """Write a checkpoint of an unfinished run."""
        save_checkpoint(self.path / state_file(state), tensors, about)

    def drop_state(self, state: str) -> None:
        """Remove a checkpoint of an unfinished run, if there is one."""
        path = self.path / state_file(state)
        with disk_errors(path):
            path.unlink(missing_ok=True)

    def add_rows(self, name: str, rows: Sequence[Any] | Columns, measure: Mapping[str, Any] | None = None) -> None:
        """Add rows to a table, replacing those with the same key columns. The caller holds the run's `lock`.

        The manifest, or its draft, first announces the new content, then the file changes, then the manifest settles:
        killed at any moment, every file matches one of the two.

        Args:
            name: The table's name.
            rows: Instances of one row dataclass, at least one, or its columns.
            measure: The experiment and config that made them, recorded with the commit so that they can be made again.
        """
        path, table = self.table_path(name), to_table(self.identity, rows)
        if path.exists():
            table = replaced_rows(name, self._rows(name), table)
        manifest, partial = self.manifest or Manifest.drafted(self.path), temporary(path)
        try:
            write_table(partial, table)
            manifest = manifest.announcing(self.path, table_file(name), entry(partial))
            manifest.write(self.path)
            with disk_errors(path):
                partial.replace(path)
                sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)
        manifest.settled(measure).write(self.path)

    def log(self, line: str) -> None:
        """Add a line with the time to ``log.txt``."""
        append_line(self.path / LOG, f"{_now()} {line}")

    @property
    def was_resumed(self) -> bool:
        """Whether the run has been interrupted, according to its log."""
        path = self.path / LOG
        with disk_errors(path):
            return path.exists() and f" {RESUMED}\n".encode() in path.read_bytes()

    @property
    def runs_dir(self) -> Path:
        """The folder of runs that the run is in."""
        return self.path.parent

    @property
    def figures(self) -> Path:
        """The folder of figures of this run alone."""
        return self.path / FIGURES

    @property
    def slurm(self) -> Path:
        """The folder of files that a sweep wrote for Slurm."""
        return self.path / SLURM

    @property
    def slurm_logs(self) -> Path:
        """The folder for the output of a Slurm array's tasks: outside the run, which finishes before they do."""
        return self.runs_dir.resolve() / SLURM / self.id

    def cell_log(self, number: int) -> Path:
        """Return the file for the output of a sweep's cell."""
        return self.path / CELLS / f"{number:04d}.txt"

    def finish(self, status: str, reason: str = "") -> None:
        """Write the manifest, last of all.

        Args:
            status: complete, failed or interrupted.
            reason: Why, if not complete.

        Raises:
            ValueError: If there is no such status.
        """
        if status not in STATUSES:
            raise ValueError(f"{status!r} is not a status of a finished run")
        manifest = Manifest.of(self.path, status, reason)
        with disk_errors(self.path):
            for name in manifest.files:
                sync(self.path / name)
        manifest.write(self.path)
        with disk_errors(self.path):
            (self.path / DRAFT).unlink(missing_ok=True)

    def reopen(self) -> None:
        """Make an interrupted run unfinished again, so that it can be resumed."""
        if manifest := self.manifest:
            manifest.draft().write(self.path)
        with disk_errors(self.path):
            (self.path / MANIFEST).unlink(missing_ok=True)
            sync(self.path)

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[None]:
        """Keep other processes from changing this run; a dead process holds no lock.

        Args:
            wait: Whether to wait until another process releases it.

        Raises:
            UsageError: If another process is changing it and ``wait`` is false.
        """
        with locked(self.path, wait=wait):
            yield


def create_run(root: Path, experiment: str, label: str, config: Mapping[str, Any], facts: Mapping[str, Any]) -> Run:
    """Return a new run, unfinished: a directory with what is known before the work starts.

    Args:
        root: Folder of runs; created if it does not exist.
        experiment: The words of the experiment's subcommand.
        label: Short description for the directory's name, such as ``mlp-w512-s0``.
        config: Resolved options.
        facts: What else was found out before the start.

    Raises:
        UsageError: If the folder is in a run.
        DiskError: If the disk refuses.
    """
    require_outside_runs(root, "--runs-dir")
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        path = new_path(root, experiment, label)
        draft = temporary(path)
        draft.mkdir()
    try:
        _describe(draft, path.name, experiment, config, facts)
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


def _describe(folder: Path, *about: Any) -> None:
    with disk_errors(folder):
        for name in (CHECKPOINTS, TABLES):
            (folder / name).mkdir()
    write_signed(folder / ENVIRONMENT, environment())
    write_description(folder / CONFIG, *about)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
