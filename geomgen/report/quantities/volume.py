"""Quantities of the volume that activations fill."""

import pandas as pd

from geomgen.report.quantity import Quantity, Read

TABLE = "activation_volume"
OF_ACTIVATIONS = ("state", "condition")
RELATIVE, SHRUNK = {"rule": "relative"}, {"rule": "ledoit-wolf"}

LOG_DET = Quantity(
    "log_det_nats",
    "log determinant of activations",
    TABLE,
    "log_det_nats",
    unit="nats",
    keys=OF_ACTIVATIONS,
    where=RELATIVE,
    penultimate=True,
    formula="sum of the logarithms of the squared singular values within e^8 of the 16 largest, penultimate layer",
)
TOTAL_CORRELATION = Quantity(
    "total_correlation_nats",
    "total correlation of activations",
    TABLE,
    "total_correlation_nats",
    unit="nats",
    keys=OF_ACTIVATIONS,
    where=SHRUNK,
    penultimate=True,
    flags="--rule ledoit-wolf",
    formula="(sum of ln variances - ln det C) / 2, C the covariance after shrinkage, penultimate layer",
)
PARTICIPATION_RATIO = Quantity(
    "participation_ratio",
    "participation ratio of activations",
    TABLE,
    "participation_ratio",
    unit="dimensions",
    keys=OF_ACTIVATIONS,
    where=RELATIVE,
    penultimate=True,
    formula="(sum of variances)^2 / sum of squared variances along the principal axes, penultimate layer",
)


def _changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how training changes ln det covariance and the total correlation of data, indexed by run."""
    values = ["log_det_nats", "total_correlation_nats"]
    wide = rows[rows["condition"] == "data"].pivot_table(index="run_id", columns="state", values=values)
    wide = wide.reindex(columns=pd.MultiIndex.from_product([values, ["initial", "final"]]))
    changes = {value: wide[value, "final"] - wide[value, "initial"] for value in values}
    return pd.DataFrame(changes).dropna()


def _unexplained(rows: pd.DataFrame) -> pd.DataFrame:
    changes = _changes(rows)
    return (2 * changes["total_correlation_nats"]).abs().rename("value").reset_index()


def _explained(rows: pd.DataFrame) -> pd.DataFrame:
    changes = _changes(rows)
    explained = changes["log_det_nats"] + 2 * changes["total_correlation_nats"]
    return explained.abs().rename("value").reset_index()


def _part_of_change(name: str, title: str, read: Read, formula: str) -> Quantity:
    return Quantity(
        name, title, TABLE, read, unit="nats", where=SHRUNK, penultimate=True, flags="--rule ledoit-wolf",
        formula=f"|{formula}|, ln det C = sum of ln variances - 2 T, T the total correlation, C after shrinkage",
    )  # fmt: skip


UNEXPLAINED = _part_of_change(
    "unexplained_change_nats",
    "change of the log determinant with training that magnitudes do not explain, in absolute value,",
    _unexplained,
    "2 (T_final - T_initial)",
)
EXPLAINED = _part_of_change(
    "explained_change_nats", "change that magnitudes explain", _explained, "change of the sum of ln variances"
)
