"""Trainings that go on from another run, or learn from it, beside that run before and after its training."""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from geomgen.config.import_run import FINAL, INITIAL
from geomgen.errors import NoDataError
from geomgen.fields import START_DIGEST, TEACHER_DIGEST
from geomgen.report.about_runs import DIGESTS, default_training
from geomgen.report.averages import label
from geomgen.report.collect import AXES, OPTIONS, SETTING, RunTables, refined
from geomgen.report.content import records
from geomgen.report.quantities.similarity import MEAN_COSINE
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.quantities.volume import LOG_DET, TOTAL_CORRELATION
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.together import together
from geomgen.store.catalog import split_state

OF_ACTIVATIONS: tuple[Quantity, ...] = (LOG_DET, MEAN_COSINE, TOTAL_CORRELATION)
QUANTITIES: tuple[Quantity, ...] = (*OF_ACTIVATIONS, TEST_ACCURACY)
SOURCES = ("start", "teacher")
ITS_SOURCE = [*SOURCES, START_DIGEST, TEACHER_DIGEST]
UNTOLD = {*ITS_SOURCE, "seed"}
REMEDY = (
    "Make one with: geomgen train --start RUN --weight-decay 1, then geomgen volume RUN --rule relative,ledoit-wolf"
)


def gone_on(tables: RunTables) -> pd.DataFrame:
    """Return a row for each training that went on from another run or learned from it, and each quantity.

    Its columns are ``quantity`` (a name), ``before`` (of the run that it went on from, before that was trained),
    ``trained`` (of the same after it was), ``value`` (its own at the end), ``from_start`` (of the training with the
    same options that began where that run began), ``back`` = (trained - value) / (trained - before), ``way`` (what
    distinguishes it from that run, in words), ``source`` (that run) and the options of its run. Two rows share their
    setting if they agree in all options, and so do the runs that they went on from.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If there is none.
    """
    rows = together(tables, {_column(one, state): one.of(**_keys(one, state)) for one, state in _wanted()})
    rows = _with_sources(rows, tables)
    if rows.empty:
        raise NoDataError("No measured training went on from another run or learned from it.", REMEDY)
    known = {run_id: row for run_id, row in _options(tables).items() if run_id in set(rows["source"])}
    rows = _in_settings(rows.assign(way=[_way(row, known) for row in records(rows)]), known)
    ways = rows[rows["state"] != INITIAL]
    return pd.concat([_of_quantity(ways, rows[rows["state"] == INITIAL], one, tables) for one in QUANTITIES])


def _wanted() -> list[tuple[Quantity, str]]:
    return [(one, state) for one in OF_ACTIVATIONS for state in (INITIAL, FINAL)] + [(TEST_ACCURACY, FINAL)]


def _keys(quantity: Quantity, state: str) -> dict[str, str]:
    return {"state": state, "condition": "data"} if quantity.keys else {}


def _column(quantity: Quantity, state: str) -> str:
    return f"{quantity.name}_{state}"


def _with_sources(rows: pd.DataFrame, tables: RunTables) -> pd.DataFrame:
    """Return the trainings that have a source: its id, and the state that they began with, empty for random ones."""
    configs = {run.id: run.config for run in tables.runs}
    starts = [_started(configs[run_id].get("start")) for run_id in rows["run_id"]]
    teachers = [PurePath(str(configs[run_id].get("teacher") or "")).name for run_id in rows["run_id"]]
    found = rows.assign(
        source=[name or teacher for (name, _), teacher in zip(starts, teachers, strict=True)],
        state=[state for _, state in starts],
        learns=[bool(teacher) for teacher in teachers],
    )
    return found[found["source"] != ""]


def _started(start: str | None) -> tuple[str, str]:
    """Return the id of the run that a training went on from, wherever it is, and the state; both empty if of none."""
    if not start:
        return "", ""
    run, state = split_state(start)
    return PurePath(run).name, state


def _options(tables: RunTables) -> dict[str, Mapping[str, Any]]:
    """Return the options of every run with a log determinant, also of those that later ones repeat, by id."""
    frame = LOG_DET.rows(tables, latest=False).frame.drop_duplicates("run_id")
    return {str(row["run_id"]): row for row in records(frame)}


def _way(row: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what distinguishes a training from its source, in words."""
    base = known.get(str(row["source"]), default_training(str(row["arch"])))
    names = [name for name in OPTIONS if name in row and name in base and name not in UNTOLD]
    changed = [name for name in names if str(row[name]) != str(base[name])]
    own = [label([name], row) for name in changed]
    into = "distillation into the same network" if row["state"] else "distillation into a new network"
    begun = "" if row["state"] in {"", INITIAL, FINAL} else f"from {row['state']}"
    how = into if row["learns"] else "" if {*changed} - {"epochs"} else "as before"
    return ", ".join(filter(None, [how, *own, begun]))


def _in_settings(rows: pd.DataFrame, known: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows with settings that do not tell apart what they went on from, if that itself was of one setting.

    Where it is not there, its name and digest stay.
    """
    is_known = rows["source"].isin(known.keys())
    hidden = {name: rows[name].mask(is_known & rows[name].notna(), "") for name in ITS_SOURCE if name in rows}
    shown = rows.assign(**hidden, of=[str(known[one][SETTING]) if one in known else "" for one in rows["source"]])
    alike = [name for name in (*OPTIONS, *DIGESTS.values(), "of", "learns") if name in shown]
    own = [name for name in (*AXES, "source") if name in shown]
    return shown.assign(**{SETTING: refined(shown, [*alike, "state"]), "alike": refined(shown, [*alike, *own])})


def _of_quantity(ways: pd.DataFrame, references: pd.DataFrame, one: Quantity, tables: RunTables) -> pd.DataFrame:
    """Return the rows of one quantity."""
    begun, ended = (_values(tables, one, state) for state in (INITIAL, FINAL))
    final = _column(one, FINAL)
    trained = ways["source"].map(ended)
    if one.keys:
        trained = trained.where(ways["state"] == "", ways[_column(one, INITIAL)])
    before = ways["source"].map(begun) if one.keys else pd.Series(float("nan"), ways.index)
    from_start = ways["alike"].map(references.drop_duplicates("alike").set_index("alike")[final])
    own = [name for name in ways if not any(str(name) == _column(*wanted) for wanted in _wanted())]
    return ways[own].assign(
        quantity=one.title, before=before, trained=trained, value=ways[final], from_start=from_start,
        back=(trained - ways[final]) / (trained - before),
    )  # fmt: skip


def _values(tables: RunTables, one: Quantity, state: str) -> dict[str, float]:
    """Return a quantity of every run in a state, by id; empty if none has it."""
    try:
        frame = one.of(**_keys(one, state)).of_all(tables, latest=False)
    except NoDataError:
        return {}
    return dict(zip(frame["run_id"], frame[VALUE].astype(float), strict=True))
