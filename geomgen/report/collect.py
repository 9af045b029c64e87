"""One frame of a table from many runs, each row with its run's options beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.base import option_docs
from geomgen.config.train import TrainConfig
from geomgen.errors import DataError

if TYPE_CHECKING:
    from geomgen.store.run import Run

DIGEST = "data_sha256"
DIGEST_CHARACTERS = 12
SCIENCE = tuple(
    name
    for name, doc in option_docs(TrainConfig).items()
    if not doc.environmental and doc.group != "Records" and name not in {"width", "seed"}
)


@dataclass(frozen=True)
class Collected:
    """Rows of many runs.

    Attributes:
        frame: The table's columns, then the run's options, then ``num_parameters``, ``penultimate`` (name of the layer
            before the output) and ``data_sha256`` (first digits).
        notes: Which runs are not in it, and why.
    """

    frame: pd.DataFrame
    notes: list[str]


def collect(runs: "Iterable[Run]", table: str, remedy: str) -> Collected:
    """Return the rows of a table of all complete runs, in the order in which the runs were made.

    Args:
        runs: In any order; one that is named twice counts once.
        table: The table's name.
        remedy: What to do if no run has it.

    Returns:
        The rows, and a note for each run that is left out.

    Raises:
        DataError: If no complete run has the table, or a run is damaged.
    """
    distinct = {run.id: run for run in runs}
    reasons = {run_id: _reason_to_skip(distinct[run_id], table) for run_id in sorted(distinct)}
    frames = [_described(distinct[run_id], table) for run_id, reason in reasons.items() if not reason]
    if not frames:
        raise DataError(f"No complete run, of {len(distinct)} in all, has a table '{table}'.", remedy)
    notes = [f"{run_id} is left out: {reason}." for run_id, reason in reasons.items() if reason]
    return Collected(pd.concat(frames, ignore_index=True), notes)


def varying_options(frame: pd.DataFrame) -> list[str]:
    """Return the options, other than width and seed, that tell the experiments of collected rows apart.

    The digest of the data is one of them only where data of the same name differ.
    """
    varying = [name for name in SCIENCE if frame[name].nunique(dropna=False) > 1]
    same_name = bool((frame.groupby("data")[DIGEST].nunique() > 1).any())
    return [*varying, DIGEST] if same_name else varying


def _reason_to_skip(run: "Run", table: str) -> str:
    if run.status != "complete":
        return f"it is {run.status}"
    return "" if table in run.tables else f"it has no table '{table}'"


def _described(run: "Run", table: str) -> pd.DataFrame:
    frame = run.table(table).assign(run_id=run.id)
    missing = {name: _cell(value) for name, value in _about(run).items() if name not in frame}
    return frame.assign(**{name: pd.Series([value] * len(frame), dtype=object) for name, value in missing.items()})


def _about(run: "Run") -> dict[str, Any]:
    facts, layers = run.facts, run.facts.get("layers", [])
    return {
        **dict.fromkeys(SCIENCE),
        **run.config,
        "num_parameters": facts.get("num_parameters"),
        "penultimate": layers[-2] if len(layers) > 1 else None,
        DIGEST: str(facts.get(DIGEST, ""))[:DIGEST_CHARACTERS],
    }


def _cell(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, list) else value
