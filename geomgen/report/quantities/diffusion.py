"""Quantities of training that goes on with noise: where its chains end, and whether they stay where they generalise."""

from collections.abc import Callable

import pandas as pd

from geomgen.report.collect import SETTING
from geomgen.report.quantity import Quantity

TABLE = "diffusion"
HOT = 2e4
"""n beta of the text's experiment."""
NOISE, NOISELESS = "with noise", "without noise"


def with_noise(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with ``noise``: whether a chain is one of n beta 2e4 or goes on without noise; others are left out.

    Args:
        rows: Of the table.
    """
    named = rows.assign(noise=rows["n_beta"].map({HOT: NOISE, float("inf"): NOISELESS}))
    return named[named["noise"].notna()]


def mean_over_chains(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the mean over the chains of each run, setting, state, n beta and step that did not diverge.

    Args:
        rows: Of the table, with the options of their runs.
        columns: What is averaged; the others are the first chain's.
    """
    kept = rows[~rows["diverged"].astype(bool)]
    keys = ["run_id", SETTING, "state", "n_beta", "step"]
    means = kept.groupby(keys, sort=False)[columns].mean().reset_index()
    first = kept.drop_duplicates(keys).drop(columns=[*columns, "chain"])
    return first.merge(means, on=keys)


def _at_start(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: _values(rows[rows["step"] == 0], column)


def _at_end(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: _values(rows[rows["step"] == rows["num_steps"]], column)


def _values(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    return mean_over_chains(with_noise(rows), [column]).rename(columns={column: "value"})


def _lowest(rows: pd.DataFrame) -> pd.DataFrame:
    return with_noise(rows).groupby(["run_id", "state", "noise"])["test_accuracy"].min().rename("value").reset_index()


FLAGS = "--steps 60000 --interval 2000"
END_ACCURACY = Quantity(
    "diffused_test_accuracy",
    "test accuracy after diffusion",
    TABLE,
    _at_end("test_accuracy"),
    keys=("state", "noise"),
    flags=FLAGS,
    formula="fraction of the test images classified as labelled after the last step, mean over chains of n beta 2e4",
)
START_TRACE = Quantity(
    "hessian_trace_before_diffusion",
    "trace of the Hessian before diffusion",
    TABLE,
    _at_start("hessian_trace"),
    keys=("state", "noise"),
    flags=FLAGS,
    formula="of the mean training loss at the parameters that the chains start from",
)
END_TRACE = Quantity(
    "diffused_hessian_trace",
    "trace of the Hessian after diffusion",
    TABLE,
    _at_end("hessian_trace"),
    keys=("state", "noise"),
    flags=FLAGS,
    formula="of the mean training loss after the last step, mean over chains of n beta 2e4",
)
LOWEST_ACCURACY = Quantity(
    "lowest_test_accuracy",
    "lowest test accuracy during diffusion",
    TABLE,
    _lowest,
    keys=("state", "noise"),
    flags=FLAGS,
    formula="smallest fraction of the test images classified as labelled, over all chains and recorded steps",
)
