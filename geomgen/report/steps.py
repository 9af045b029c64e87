"""Where along its training each measured state of a run is."""

import pandas as pd

from geomgen.report.collect import RunTables


def with_steps(tables: RunTables, rows: pd.DataFrame, remedy: str) -> pd.DataFrame:
    """Return rows with the ``step`` of their states: the last is the training's; null where it is not known.

    Args:
        tables: Tables of the runs, among them ``training``.
        rows: Of states.
        remedy: How to make them.
    """
    last = tables.collect("training", remedy).frame.groupby("run_id")["step"].max()
    steps = rows["state"].astype(str).str.removeprefix("step-").replace("initial", "0")
    return rows.assign(step=pd.to_numeric(steps, "coerce").fillna(rows["run_id"].map(last)))
