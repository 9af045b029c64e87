"""One frame of a table from many runs, each row with its run's options and the setting that it was measured in."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from geomgen.config.base import Config, bearing_options, option_docs
from geomgen.config.import_run import ImportConfig
from geomgen.config.registry import EXPERIMENTS, MEASURES
from geomgen.errors import NoDataError
from geomgen.report.about_runs import DIGESTS, FILES, about_runs, cell, default_training, options_of
from geomgen.store.migrations import untold_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geomgen.store.run import Run

Kept = TypeVar("Kept")
CHOSEN_IMAGES = ("pool", "classes")
"""Options that make other data of those of the same name, so that they tell them apart without a digest."""
MAX_NAMED = 3
AXES = ("width", "seed")
"""Options that are columns of their own in every table: what a setting leaves free."""
CONFIGS = [record.config for record in EXPERIMENTS.values()]
OPTIONS = tuple(
    dict.fromkeys(
        name
        for config in CONFIGS
        for name in bearing_options(config)
        if name not in AXES and not (config is ImportConfig and name in FILES)
    )
)
RECORDED = tuple(dict.fromkeys(name for config in CONFIGS for name, doc in option_docs(config).items() if doc.recorded))
SETTING = "setting"
SEED_OF_MEASURE = "_seed"
"""How the keys end that hold the seed of a measurement, beside ``seed``, that of the run."""
TRAINING, DIVERGED = "training", "diverged"


def _bearing(config: type[Config], recorded: Collection[str]) -> list[str]:
    """Return the options that bear on what is wanted of a table's rows, with those named on what is recorded."""
    return [*bearing_options(config), *(name for name in option_docs(config) if name in recorded)]


MEASURE_OPTIONS = {name for record in MEASURES.values() for name in _bearing(record.config, RECORDED)}


@dataclass(frozen=True)
class Collected:
    """Rows of many runs.

    Attributes:
        frame: The table's columns, then the run's options, then ``num_parameters``, ``num_classes``, ``penultimate``
            (name of the layer before the output), the first digits of `DIGESTS`, and ``setting``: a number that two
            rows share if they agree in every option that bears on them, but for width and seed.
        keys: The columns that distinguish the rows of a run where each depends on what its key lists alone; empty where
            all rows of a run belong together.
        notes: Which runs are left out, and why.
    """

    frame: pd.DataFrame
    keys: tuple[str, ...]
    notes: tuple[str, ...]

    @cached_property
    def latest(self) -> "Collected":
        """The rows of the latest of all runs with the same setting, width, seed and keys, and notes on the others."""
        same = [name for name in (SETTING, *AXES, *self.keys) if name in self.frame]
        last = self.frame.groupby(same, dropna=False, sort=False)["run_id"].transform("last")
        is_last = self.frame["run_id"] == last
        if is_last.all():
            return self
        rows = self.frame[is_last]
        earlier = sorted(set(self.frame["run_id"]) - set(rows["run_id"]))
        notes = [f"{run_id} is left out: a later run has the same options and seed." for run_id in earlier]
        return Collected(rows, self.keys, (*self.notes, *notes))


class RunTables:
    """The tables of many runs, each read once, without the runs whose training diverged.

    Args:
        runs: In any order; one that is named twice counts once.
    """

    def __init__(self, runs: "Iterable[Run]") -> None:
        distinct = {run.id: run for run in runs}
        self.runs = [distinct[run_id] for run_id in sorted(distinct)]
        self._kept: dict[tuple[Any, ...], Any] = {}

    def once(self, key: tuple[Any, ...], make: Callable[[], Kept]) -> Kept:
        """Return what was made for a key before, or make it."""
        if key not in self._kept:
            self._kept[key] = make()
        kept: Kept = self._kept[key]
        return kept

    def has(self, table: str) -> bool:
        """Return whether any complete run that did not diverge has a table."""
        return bool(self.having(table))

    def having(self, table: str) -> "list[Run]":
        """Return the complete runs that have a table and did not diverge."""
        reasons = self._reasons(table)
        return [run for run in self.runs if not reasons[run.id]]

    def on_diverged(self, tables: Iterable[str] = ()) -> list[str]:
        """Return a note on the runs that are left out of some tables, or of all, because they diverged; or none."""
        names = set(tables) or {TRAINING}
        found = {run_id for name in names for run_id, reason in self._reasons(name).items() if reason == DIVERGED}
        if not found:
            return []
        words = "run diverged and is" if len(found) == 1 else "runs diverged and are"
        shown = sorted(found) if len(found) <= MAX_NAMED else [f"{min(found)} to {max(found)}"]
        return [f"{len(found)} {words} left out: {', '.join(shown)}."]

    def collect(self, table: str, remedy: str, recorded: tuple[str, ...] = ()) -> Collected:
        """Return the rows of a table of all complete runs that did not diverge, in the order in which they were made.

        Args:
            table: The table's name.
            remedy: What to do if no run has it.
            recorded: Options on what is recorded that bear on what is wanted of the rows.

        Returns:
            The rows, and notes on the other runs that are left out.

        Raises:
            NoDataError: If no such run has the table.
            DataError: If a run is damaged.
        """
        if not self.has(table):
            problem = f"No complete run, of {len(self.runs)} in all, has a table '{table}'."
            raise NoDataError(" ".join([problem, *self.on_diverged([table])]), remedy)
        return self.once(("rows", table, recorded), lambda: self._collect(table, recorded))

    def _collect(self, table: str, recorded: tuple[str, ...]) -> Collected:
        runs = self.having(table)
        read = [self._read(run, table) for run in runs]
        frames, keys = [_last_recorded(*one, recorded) for one in read], read[-1][1]
        about = self.once(("about", recorded), lambda: self._described(recorded)).loc[[run.id for run in runs]]
        frame = _joined(frames, about, _measure_options(runs, frames, table, recorded), recorded)
        frame, repeated = _of_last_seeds(frame, keys)
        alone = [name for name in keys if name not in {"run_id", *AXES}] if _lists_keys(table) else []
        return Collected(frame, tuple(alone), (*_notes(self._reasons(table)), *repeated))

    def _read(self, run: "Run", table: str) -> tuple[pd.DataFrame, list[str]]:
        """Return a run's table, without attributes, which pandas would copy in full at every step, and its keys."""

        def read() -> tuple[pd.DataFrame, list[str]]:
            frame = run.table(table)
            keys = [str(name) for name, about in frame.attrs["columns"].items() if about.get("key")]
            frame.attrs.clear()
            return frame, keys

        return self.once(("table", table, run.id), read)

    def _reasons(self, table: str) -> dict[str, str]:
        """Return why each run is left out of a table's rows; empty for one that is not."""
        return self.once(("reasons", table), lambda: {run.id: self._reason(run, table) for run in self.runs})

    def _reason(self, run: "Run", table: str) -> str:
        status, tables = self._contents[run.id]
        if status != "complete":
            return status
        if table not in tables:
            return f"no table '{table}'"
        has_diverged = TRAINING in tables and self.once(
            (DIVERGED, run.id), lambda: _has_diverged(self._read(run, TRAINING)[0])
        )
        return DIVERGED if has_diverged else ""

    @cached_property
    def _contents(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Status and tables of each run."""
        return {run.id: (run.status, frozenset(run.tables)) for run in self.runs}

    def _described(self, recorded: tuple[str, ...]) -> pd.DataFrame:
        """Return what is known about each complete run, with numbers for their settings that all tables share."""
        about = self._known.drop(columns=[name for name in RECORDED if name in self._known and name not in recorded])
        options = [name for name in (*OPTIONS, *recorded, *DIGESTS.values()) if name in about]
        return about.assign(**{SETTING: refined(about, options)})

    @cached_property
    def _known(self) -> pd.DataFrame:
        """Options and facts of each complete run, by its id."""
        complete = [run for run in self.runs if self._contents[run.id][0] == "complete"]
        about = about_runs(complete)
        return about.set_index(about["run_id"].to_numpy())


def _last_recorded(frame: pd.DataFrame, keys: list[str], recorded: Collection[str]) -> pd.DataFrame:
    """Return a run's rows, of those that differ only in how the same was recorded the last.

    Args:
        frame: The rows.
        keys: Their keys.
        recorded: Options on what is recorded that tell rows apart.
    """
    for free in (key for key in keys if key in RECORDED and key not in recorded and frame[key].nunique() > 1):
        others = [key for key in keys if key != free]
        last = frame.groupby(others, dropna=False, sort=False)[free].transform("last")
        frame = frame[frame[free].isna() | (frame[free] == last)]
    return frame


def _has_diverged(training: pd.DataFrame) -> bool:
    """Return whether a training ended where it had diverged; one of an earlier version does not say so."""
    if training.empty:
        return False
    last = training["diverged"].to_list()[int(training["epoch"].argmax())]
    return bool(pd.notna(last) and last)


def _of_last_seeds(frame: pd.DataFrame, keys: Collection[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of the last of the seeds with which a run was measured, and a note on the others."""
    same = [name for name in keys if not name.endswith(SEED_OF_MEASURE)]
    last = frame if len(same) == len(keys) else frame.drop_duplicates(["run_id", SETTING, *same], keep="last")
    count = len(frame) - len(last)
    note = f"Of measurements of a run that differ only in their seed the last counts; {count} rows are left out."
    return last, [note] * bool(count)


def _lists_keys(table: str) -> bool:
    """Return whether the rows of a table are for the values that an option lists, each for itself."""
    configs = [record.config for record in EXPERIMENTS.values() if table in record.tables]
    return any(doc.listed for config in configs for doc in option_docs(config).values())


def _notes(reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return a note for each run that is left out, or one for many of one reason; `on_diverged` tells of the others."""
    notes = []
    for reason in dict.fromkeys(reason for reason in reasons.values() if reason not in {"", DIVERGED}):
        skipped = [run_id for run_id, its_reason in reasons.items() if its_reason == reason]
        if len(skipped) > MAX_NAMED:
            notes.append(f"{len(skipped)} runs are left out, {skipped[0]} to {skipped[-1]}: {reason}.")
        else:
            notes += [f"{run_id} is left out: {reason}." for run_id in skipped]
    return tuple(notes)


def _joined(
    frames: list[pd.DataFrame], about: pd.DataFrame, measured: pd.DataFrame, recorded: tuple[str, ...]
) -> pd.DataFrame:
    """Return the rows of all runs under each other, each with what is known about its run, and its setting."""
    index = np.repeat(np.arange(len(about)), [len(frame) for frame in frames])
    rows = pd.concat(frames, ignore_index=True)
    rows = rows.drop(columns=[name for name in rows if (name in RECORDED and name not in recorded) or name in measured])
    rows = rows.assign(run_id=about["run_id"].to_numpy()[index])
    taken = {name for experiment in set(about["experiment"]) for name in options_of(experiment)}
    foreign = {*OPTIONS, *RECORDED, *AXES} - taken
    known = about.drop(columns=[name for name in about if name in foreign]).iloc[index].reset_index(drop=True)
    both = [name for name in known if name in rows]
    rows = rows.assign(**{name: rows[name].where(rows[name].notna(), known[name]) for name in both if name in OPTIONS})
    unwritten = [str(name) for name in measured if name in rows]  # by an earlier version
    rows = rows.assign(**{name: rows[name].astype(object).fillna(measured[name]) for name in unwritten})
    measured = measured.drop(columns=unwritten)
    joined = pd.concat([rows, known.drop(columns={*both, *measured} & {*known}), measured], axis=1)
    of_rows = [*measured, *(name for name in rows if name in MEASURE_OPTIONS)]
    if of_rows:
        joined[SETTING] = refined(joined, [SETTING, *of_rows])
    return joined.copy()  # into few blocks: every selection of rows then takes as few


def refined(rows: pd.DataFrame, names: list[str]) -> "pd.Series[int]":
    """Return numbers that rows share if they agree in these columns."""
    numbers = np.zeros(len(rows), np.int64)
    for name in names:
        codes = _codes(rows[name])
        if codes.any():
            numbers = pd.factorize(numbers * (codes.max() + 1) + codes)[0]
    return pd.Series(numbers, rows.index)


def _codes(values: pd.Series) -> "NDArray[np.int64]":
    """Return numbers that values share if they are written alike, in order of appearance; missing ones as no text."""
    if values.dtype == object:
        return pd.factorize(np.array(_written(values, ""), object))[0]
    filled = values.fillna("") if isinstance(values.dtype, pd.StringDtype) else values
    return pd.factorize(filled, use_na_sentinel=False)[0]


def _written(values: pd.Series, missing: str) -> list[str]:
    known = values.to_numpy(object)
    return [missing if is_missing else str(value) for value, is_missing in zip(known, pd.isna(known), strict=True)]


def _measure_options(
    runs: "list[Run]", frames: list[pd.DataFrame], table: str, recorded: tuple[str, ...]
) -> pd.DataFrame:
    """Return the options of the measure that each row was made with, those that bear on what is wanted of its rows.

    Options that the table has as columns are left out, but for those on what is recorded that are wanted, and those
    that earlier versions did not tell.
    """
    measure = next((record for record in MEASURES.values() if table in record.tables), None)
    own = {str(name) for frame in frames for name in frame} - {*recorded, *untold_keys(table)}
    names = [name for name in _bearing(measure.config, recorded) if name not in own] if measure else []
    if not measure or not names:
        return pd.DataFrame(index=range(sum(map(len, frames))))
    parts = [_of_measures(run, frame, measure.name, names) for run, frame in zip(runs, frames, strict=True)]
    return pd.concat(parts, ignore_index=True)


def _of_measures(run: "Run", frame: pd.DataFrame, measure: str, names: list[str]) -> pd.DataFrame:
    """Return a run's measure options row by row: those of the last measurement that lists the row's keys.

    Of several, it is the last of those that agree most with what the row says of its options. What the rows themselves
    have, as ``num_samples`` or ``requested_chain_step``, is theirs. Runs that the measure made have its options.
    """
    config, layers = EXPERIMENTS[measure].config, run.facts.get("layers", [])
    defaults = config().to_mapping() | (run.config if run.experiment == measure else {})
    penultimate = {"penultimate": layers[-2]} if len(layers) > 1 else {}
    made = [defaults, *(past["config"] for past in run.measures if past["experiment"] == measure)]
    told = {name: column for name in names for column in (name, f"requested_{name}") if column in frame}
    last, most = np.zeros(len(frame), int), np.zeros(len(frame), int)
    for place, options in enumerate(made[1:], 1):
        written = np.ones(len(frame), bool)
        for name, doc in option_docs(config).items():
            if doc.listed and name in frame:
                listed = frame[name].isin([penultimate.get(word, word) for word in options[name]]).to_numpy()
                written = written & listed if listed.any() and "all" not in options[name] else written
        agrees = [_is(frame[column], options.get(name, defaults[name])) for name, column in told.items()]
        agreeing = sum(agrees, np.zeros_like(most))
        written &= agreeing >= most
        last[written], most[written] = place, agreeing[written]
    values = [[cell(options.get(name, defaults[name])) for name in names] for options in made]
    found = pd.DataFrame(values, columns=names, dtype=object).iloc[last]
    found = found.assign(**{name: frame[f"num_{name}"].to_numpy() for name in names if f"num_{name}" in frame})
    own = {name: frame[column].astype(object).to_numpy() for name, column in told.items()}
    return found.assign(**{name: found[name].where(pd.isna(values), values) for name, values in own.items()})


def _is(values: pd.Series, wanted: Any) -> "NDArray[np.int64]":
    """Return 1 where a column has a value, or is null for None, and 0 elsewhere."""
    found = values.isna() if wanted is None else (values == wanted).fillna(False)
    return found.to_numpy(bool).astype(np.int64)


def varying_options(frame: pd.DataFrame) -> list[str]:
    """Return the options, other than width and seed, that tell the settings of collected rows apart.

    An architecture's defaults add nothing to its name. A digest is included only where data, teachers or code of the
    same name differ.
    """
    first = frame.drop_duplicates(SETTING)
    if len(first) <= 1:
        return []
    chosen = chosen_options(first)
    varying = [name for name in (*OPTIONS, *RECORDED) if name in first and _differs(chosen[name])]
    images = [option for option in CHOSEN_IMAGES if option in first]
    same_name = [
        digest
        for name, digest in DIGESTS.items()
        if name in first
        and first[digest].nunique() > 1
        and (first.groupby([name, *images], dropna=False)[digest].nunique() > 1).any()
    ]
    return [*varying, *same_name]


def _differs(values: pd.Series) -> bool:
    return len(set(_written(values, str(None)))) > 1


def chosen_options(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the first row of each setting; of several architectures, with one word in place of their defaults."""
    first = frame.drop_duplicates(SETTING)
    if "arch" not in first or first["arch"].nunique() <= 1:
        return first
    names = [name for name in default_training("mlp") if name in first and name != "arch"]
    rows = [
        {name: "default" if name in names and value == default_training(str(row["arch"]))[name] else value
         for name, value in row.items()}
        for row in first.to_dict("records")
    ]  # fmt: skip
    return pd.DataFrame(rows, first.index, dtype=object)


def made_as(rows: pd.DataFrame, config: Config, free: Collection[str] = ()) -> "pd.Series[bool]":
    """Return for each row whether its run was made by a config, except for width, seed and the free options."""
    wanted, first = config.filled().to_mapping(), rows[~rows[SETTING].duplicated()]
    names = sorted({*bearing_options(type(config))} - {*free, *AXES})
    values = [cell(wanted[name]) for name in names]
    options = first[names].astype(object).to_numpy() if len(first) else ()
    fits = [all(_is_option(known, value) for known, value in zip(row, values, strict=True)) for row in options]
    return rows[SETTING].isin(first[SETTING][fits])


def _is_option(known: Any, value: Any) -> bool:
    return bool(pd.isna(known) if value is None else not pd.isna(known) and known == value)
