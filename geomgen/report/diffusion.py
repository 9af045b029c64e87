"""Report ``diffusion``: does noise move a network along its minima to where it generalises, and does it stay there?"""

import math

import pandas as pd

from geomgen.report.averages import averaged, label
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import STEPS, Panel, curves, fitting
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.diffusion import END_ACCURACY, TABLE, mean_over_chains
from geomgen.report.report import Report, sources

NAME = "diffusion"
QUESTION = "Does noise move a trained network along its minima to where it generalises, and does it stay there?"
SPECS = {
    "train_loss": ".4f",
    "test_loss": ".4f",
    "train_accuracy": ".3f",
    "test_accuracy": ".3f",
    "hessian_trace": ".1f",
    "distance": ".2f",
}
PANELS = (
    Panel("test_accuracy", "Test accuracy"),
    Panel("hessian_trace", "Trace of the Hessian"),
    Panel("train_loss", "Training loss", "log"),
    Panel("distance", "Distance from the start"),
)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the last step of all chains, and their paths.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(TABLE, END_ACCURACY.remedy).latest
    rows = mean_over_chains(collected.frame, list(SPECS))
    last = rows[rows["step"] == rows["num_steps"]]
    keys = ["arch", "width", "state", "n_beta"]
    table = averaged_table(NAME, "After the last step", QUESTION, last, [*keys, "step"], SPECS)
    numbers, left_out = fitting(_series(averaged(rows, [*keys, "step"], list(SPECS)), rows))
    figure = curves(NAME, QUESTION, numbers, STEPS, PANELS)
    return MadeReport((table,), (figure,), (*collected.notes, *_diverged(collected.frame), *left_out))


def _series(means: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return means with the noise, and what else differs between runs, as the name of each line; no state column."""
    options = [name for name in varying_options(rows) if name in means and name != "n_beta"]
    states = ["state"] if means["state"].nunique() > 1 else []
    names = [
        ", ".join(filter(None, [_noise(run["n_beta"]), label([*states, *options], run) if states or options else ""]))
        for _, run in means.iterrows()
    ]
    return means.assign(series=names).drop(columns="state")


def _noise(n_beta: float) -> str:
    return "no noise" if math.isinf(n_beta) else f"n beta {n_beta:g}"


def _diverged(rows: pd.DataFrame) -> list[str]:
    count = len(rows[rows["diverged"].astype(bool)][["run_id", "state", "n_beta", "chain"]].drop_duplicates())
    return [f"{count} chain{'s' * (count > 1)} diverged and {'are' if count > 1 else 'is'} left out."] * bool(count)


REPORT = Report(NAME, QUESTION, sources(END_ACCURACY), make)
