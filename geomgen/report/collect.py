"""One frame of a table from many runs, each row with its run's options."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.import_run import ImportConfig
from geomgen.config.registry import EXPERIMENTS
from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError, UsageError
from geomgen.fields import CODE_DIGEST, DATA_DIGEST, STATES_DIGEST, TEACHER_DIGEST

if TYPE_CHECKING:
    from geomgen.store.run import Run

DIGESTS = {"data": DATA_DIGEST, "teacher": TEACHER_DIGEST, "arch": CODE_DIGEST, "optimizer": STATES_DIGEST}
"""Options that name something, and the facts that identify it; an unknown optimizer, what it came to."""
FILES = {name for name, doc in option_docs(ImportConfig).items() if doc.identified_by == STATES_DIGEST}
"""Options that name files of a network trained elsewhere; reports have columns of the same names."""
DIGEST_CHARACTERS = 12
MAX_NAMED = 3
SCIENCE = tuple(
    name
    for name, doc in option_docs(TrainConfig).items()
    if not doc.environmental and doc.group != "Records" and name not in {"width", "seed"}
)


@dataclass(frozen=True)
class Collected:
    """Rows of many runs.

    Attributes:
        frame: The table's columns, then the run's options, then ``num_parameters``, ``num_classes``, ``penultimate``
            (name of the layer before the output) and the first digits of `DIGESTS`.
        notes: Which runs are left out, and why.
    """

    frame: pd.DataFrame
    notes: list[str]


class RunTables:
    """The tables of many runs, each read once.

    Args:
        runs: In any order; one that is named twice counts once.
    """

    def __init__(self, runs: "Iterable[Run]") -> None:
        distinct = {run.id: run for run in runs}
        self.runs = [distinct[run_id] for run_id in sorted(distinct)]
        self._collected: dict[str, Collected] = {}

    def has(self, table: str) -> bool:
        """Return whether any complete run has a table."""
        return any(not _reason_to_skip(run, table) for run in self.runs)

    def collect(self, table: str, remedy: str) -> Collected:
        """Return the rows of a table of all complete runs, in the order in which the runs were made.

        Args:
            table: The table's name.
            remedy: What to do if no run has it.

        Returns:
            The rows, and notes on the runs that are left out.

        Raises:
            NoDataError: If no complete run has the table.
            DataError: If a run is damaged.
        """
        if not self.has(table):
            raise NoDataError(f"No complete run, of {len(self.runs)} in all, has a table '{table}'.", remedy)
        if table not in self._collected:
            self._collected[table] = self._collect(table)
        return self._collected[table]

    def _collect(self, table: str) -> Collected:
        reasons = {run.id: _reason_to_skip(run, table) for run in self.runs}
        frames = [_described(run, table) for run in self.runs if not reasons[run.id]]
        return Collected(_named_alike(pd.concat(frames, ignore_index=True)), _notes_on_skipped(reasons))


def _notes_on_skipped(reasons: Mapping[str, str]) -> list[str]:
    """Return a note for each run that is left out, or one for many that are left out for the same reason."""
    notes = []
    for reason in dict.fromkeys(filter(None, reasons.values())):
        skipped = [run_id for run_id, its_reason in reasons.items() if its_reason == reason]
        if len(skipped) > MAX_NAMED:
            notes.append(f"{len(skipped)} runs are left out, {skipped[0]} to {skipped[-1]}: {reason}.")
        else:
            notes += [f"{run_id} is left out: {reason}." for run_id in skipped]
    return notes


def varying_options(frame: pd.DataFrame) -> list[str]:
    """Return the options, other than width and seed, that tell the experiments of collected rows apart.

    An architecture's defaults add nothing to its name. A digest is included only where data, teachers or code of the
    same name differ.
    """
    runs = frame.drop_duplicates("run_id")
    chosen = _chosen_options(runs) if runs["arch"].nunique() > 1 else runs
    varying = [name for name in SCIENCE if chosen[name].nunique(dropna=False) > 1]
    same_name = [digest for name, digest in DIGESTS.items() if (runs.groupby(name)[digest].nunique() > 1).any()]
    return [*varying, *same_name]


def _chosen_options(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the options, replaced by one word where they are the default of the run's architecture."""
    parts = []
    for arch, rows in runs.groupby("arch", sort=False):
        usual = default_training(str(arch))
        options = rows[[name for name in SCIENCE if name != "arch"]].astype(object)
        is_usual = {name: [value == usual[name] for value in options[name]] for name in options}
        parts.append(options.mask(pd.DataFrame(is_usual, options.index), "default").assign(arch=arch))
    return pd.concat(parts).sort_index()


def trained_as(rows: pd.DataFrame, config: TrainConfig, free: Collection[str] = ()) -> "pd.Series[bool]":
    """Return for each row whether its run was trained by a config, except for width, seed and the free options."""
    wanted = config.resolved(device="cpu", threads=1)
    fits = pd.Series(True, rows.index)
    for name in set(SCIENCE) - set(free):
        value = getattr(wanted, name)
        fits &= rows[name].isna() if value is None else rows[name] == value
    return fits


def default_training(arch: str) -> dict[Any, Any]:
    """Return the defaults of a training of an architecture; those of any other, if this version does not have it."""
    try:
        return TrainConfig(arch=arch).resolved(device="cpu", threads=1).to_mapping()
    except UsageError:
        return TrainConfig().to_mapping()


def latest_runs(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the latest of all runs with the same options and seed, and notes on the others."""
    runs = rows.drop_duplicates("run_id", keep="last")
    latest = runs.drop_duplicates([*SCIENCE, *DIGESTS.values(), "width", "seed"], keep="last")["run_id"]
    is_latest = rows["run_id"].isin(latest)
    earlier = rows["run_id"][~is_latest].unique()
    return rows[is_latest], [f"{run_id} is left out: a later run has the same options and seed." for run_id in earlier]


def _reason_to_skip(run: "Run", table: str) -> str:
    if run.status != "complete":
        return run.status
    return "" if table in run.tables else f"no table '{table}'"


def _described(run: "Run", table: str) -> pd.DataFrame:
    frame = run.table(table).assign(run_id=run.id)
    frame.attrs.clear()  # pandas copies them in full at every step
    missing = {name: _cell(value) for name, value in _about(run).items() if name not in frame}
    return frame.assign(**{name: pd.Series([value] * len(frame), dtype=object) for name, value in missing.items()})


def _about(run: "Run") -> dict[str, Any]:
    facts, layers = run.facts, run.facts.get("layers", [])
    return {
        **dict.fromkeys(SCIENCE),
        **{name: value for name, value in {**_defaults(run), **run.config}.items() if name not in FILES},
        "num_parameters": facts.get("num_parameters"),
        "num_classes": facts.get("num_classes"),
        "penultimate": layers[-2] if len(layers) > 1 else None,
        **{digest: _short(facts.get(digest, "")) for digest in DIGESTS.values()},
    }


def _short(digest: Any) -> str:
    """Return the first digits of a digest, or of one digest over those of several files."""
    text = digest if isinstance(digest, str) else hashlib.sha256(json.dumps(digest).encode()).hexdigest()
    return text[:DIGEST_CHARACTERS]


def _named_alike(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows in which the same data, or the same teacher, have one name wherever they were stored."""
    for name in ("data", "teacher"):
        known: dict[str, str] = {}
        for value, digest in frame[[name, DIGESTS[name]]].drop_duplicates().itertuples(index=False):
            if digest:
                known.setdefault(digest, PurePath(value).name)
        frame[name] = frame[DIGESTS[name]].map(known).where(frame[DIGESTS[name]] != "", frame[name])
    return frame


def _defaults(run: "Run") -> dict[str, Any]:
    """Return the defaults of a run's experiment: the values of options that were added after the run was made."""
    return EXPERIMENTS[run.experiment].config().to_mapping() if run.experiment in EXPERIMENTS else {}


def _cell(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value
