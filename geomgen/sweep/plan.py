"""The plan of a sweep: its cells, which of them will run, and how each ended; stored as ``sweep.parquet``."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from geomgen.errors import GeomgenError
from geomgen.store.files import portable
from geomgen.store.reuse import EarlierRuns
from geomgen.store.summary import Summary
from geomgen.sweep.cells import DONE, FAILED, Cell, Standing, standing
from geomgen.sweep.job import Outcome
from geomgen.tables.sweep import SweepRow

EXPERIMENT = "sweep"
TABLE = "sweep"
MIB = 2**20


@dataclass(frozen=True)
class Planned:
    """A cell in a plan.

    Attributes:
        number: Its index in the plan, from 0.
        cell: The cell.
        standing: What has been done so far.
        runs: Whether it will run.
        time_s: How long it will take; None if that is not known.
        memory_bytes: How much memory it will take; None if that is not known.
    """

    number: int
    cell: Cell
    standing: Standing
    runs: bool
    time_s: float | None = None
    memory_bytes: int | None = None


def planned(cells: Sequence[Cell], earlier: EarlierRuns, only: str, failed_before: set[str]) -> list[Planned]:
    """Return the plan: every cell, and whether it will run.

    Args:
        cells: All cells.
        earlier: The existing runs.
        only: missing (all that are not done), failed (those of them that have failed before) or all.
        failed_before: Identities of cells that ended an earlier sweep as failed.
    """
    plan = []
    for number, cell in enumerate(cells):
        found = standing(cell, earlier)
        if found.status != DONE and cell.identity in failed_before:
            found = found._replace(status=FAILED)
        runs = {"missing": found.status != DONE, "failed": found.status == FAILED, "all": True}[only]
        plan.append(Planned(number, cell, found, runs))
    return plan


def failed_before(there: Iterable[Summary]) -> set[str]:
    """Return the identities of cells that failed in the last sweep that ran them."""
    last: dict[str, str] = {}
    for summary in there:
        if summary.experiment == EXPERIMENT and TABLE in summary.tables:
            with suppress(GeomgenError):
                frame = summary.run().table(TABLE)
                last |= dict(zip(frame["identity"], frame["status"], strict=True))
    return {identity for identity, status in last.items() if status == FAILED}


def biggest_first(plan: Iterable[Planned]) -> list[Planned]:
    """Return the cells that will run, those that take longest first; a small one at the end wastes the least time."""
    return sorted((one for one in plan if one.runs), key=lambda one: -(one.time_s or 0.0))


def row(one: Planned, outcome: Outcome | None = None) -> SweepRow:
    """Return a cell as a row, with its outcome if it ran."""
    measures = [{"experiment": step.experiment, "config": step.config.to_mapping()} for step in one.cell.steps[1:]]
    before = SweepRow(
        cell=one.number,
        recipes=",".join(one.cell.recipes),
        title=one.cell.title,
        experiment=one.cell.make.experiment,
        options=json.dumps(portable(one.cell.make.config.to_mapping())),
        measures=json.dumps(measures),
        identity=one.cell.identity,
        estimated_s=one.time_s,
        estimated_mib=None if one.memory_bytes is None else one.memory_bytes / MIB,
        before=one.standing.status,
        status=one.standing.status,
        cell_run_id=one.standing.run.id if one.standing.run else None,
        reason="",
        tries=0,
        wall_time_s=0.0,
    )
    if outcome is None:
        return before
    return replace(
        before,
        status=outcome.status,
        cell_run_id=outcome.run_id or before.cell_run_id,
        reason=outcome.reason,
        tries=outcome.tries,
        wall_time_s=outcome.wall_time_s,
    )


def listed(plan: Sequence[Planned]) -> list[dict[str, Any]]:
    """Return one row per cell: its title, the options that differ between cells, its status and its cost."""
    options = [one.cell.make.config.to_mapping() for one in plan]
    names = list(dict.fromkeys(name for mapping in options for name in mapping))
    varying = [name for name in names if any(mapping.get(name) != options[0].get(name) for mapping in options)]
    return [
        {
            "cell": one.number,
            "title": one.cell.title,
            "recipe": ",".join(one.cell.recipes),
            "experiment": one.cell.make.experiment,
            **{name: _plain(mapping.get(name)) for name in varying},
            "measures": ",".join(step.experiment for step in one.cell.measures),
            "runs_after": len(one.cell.followers),
            "status": one.standing.status,
            "runs": "yes" if one.runs else "no",
            "time_s": None if one.time_s is None else round(one.time_s, 1),
            "memory_mib": None if one.memory_bytes is None else round(one.memory_bytes / MIB),
            "run_id": one.standing.run.id if one.standing.run else None,
        }
        for one, mapping in zip(plan, options, strict=True)
    ]


def _plain(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value
