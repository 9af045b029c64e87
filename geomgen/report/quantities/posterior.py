"""Quantities of training beside the posterior."""

import pandas as pd

from geomgen.report.quantity import Quantity, Read

SUMMARY = "posterior_summary"
KEYS = ["num_inputs", "train_size"]


def _of_columns(value: "pd.Series[float]", rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_id", *KEYS]].assign(value=value)


def _error_difference(rows: pd.DataFrame) -> pd.DataFrame:
    return _of_columns(rows["error_sgd"] - rows["error_bayes"], rows)


def _quantity(name: str, title: str, read: str | Read, formula: str, source: str = "") -> Quantity:
    return Quantity(name, title, SUMMARY, read, formula=formula, source=source)


POSTERIOR_SLOPE = _quantity(
    "posterior_slope",
    "exponent b of P_SGD ~ P_B^b",
    "log_slope",
    "by maximum likelihood of Poisson counts of the functions that half of the posterior's samples chose, in training "
    "and in the other half",
    "Mingard, Valle-Perez, Skalse and Louis (2021)",
)
POSTERIOR_RANKS = _quantity(
    "posterior_rank_correlation",
    "rank correlation of P_SGD and P_B",
    "rank_correlation",
    "over the same functions",
    "Mingard, Valle-Perez, Skalse and Louis (2021)",
)
ERROR_DIFFERENCE = _quantity(
    "posterior_error_difference",
    "test error of training less that of the posterior",
    _error_difference,
    "mean error at the inputs that were not known",
)
