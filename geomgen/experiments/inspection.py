"""``geomgen ls`` and ``geomgen show``: what runs there are, and what is in one."""

from pathlib import Path
from typing import Any

import pandas as pd

from geomgen.errors import DataError
from geomgen.store.catalog import runs
from geomgen.store.run import Run

COLUMNS = ["run_id", "status", "arch", "width", "seed", "epochs", "tables"]


def listing(runs_dir: Path) -> pd.DataFrame:
    """Return one row a run of a folder, oldest first; a damaged one says so as its status."""
    return pd.DataFrame([_line(run) for run in runs(runs_dir)], columns=COLUMNS)


def _line(run: Run) -> dict[str, Any]:
    try:
        return {
            "run_id": run.id,
            "status": run.status,
            **{name: run.config[name] for name in ("arch", "width", "seed", "epochs")},
            "tables": " ".join(run.tables),
        }
    except (DataError, KeyError):
        return {"run_id": run.id, "status": "damaged"}


def description(run: Run) -> dict[str, Any]:
    """Return what there is to know of a run, as JSON values.

    Raises:
        DataError: If one of its files is damaged.
    """
    return {
        "run": run.id,
        "status": run.status,
        "reason": run.reason,
        "experiment": run.experiment,
        "config": run.config,
        "facts": run.facts,
        "environment": run.environment,
        "states": run.states,
        "tables": {name: {"rows": len(run.table(name))} for name in run.tables},
        "measures": list(run.measures),
    }
