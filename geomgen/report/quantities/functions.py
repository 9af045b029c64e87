"""Quantities of the functions that random networks compute."""

import pandas as pd

from geomgen.report.quantity import Quantity, Read
from geomgen.tables.functions import FEWEST_FITTED_COUNT

SUMMARY = "function_summary"


def _of_columns(value: "pd.Series[float]", rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_id", "num_draws", "num_inputs"]].assign(value=value)


def _sensitivity_ratio(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratio; null where every function is constant."""
    ratio = rows["sensitivity"] / rows["sensitivity_shuffled"]
    return _of_columns(ratio.where(rows["sensitivity_shuffled"] > 0), rows)


def _beyond_permutations(rows: pd.DataFrame) -> pd.DataFrame:
    return _of_columns(rows["complexity_slope"] - rows["complexity_null_low"], rows)


def _of_functions(name: str, title: str, read: str | Read, formula: str, unit: str = "", source: str = "") -> Quantity:
    return Quantity(name, title, SUMMARY, read, unit=unit, formula=formula, source=source)


COMPLEXITY_SLOPE = _of_functions(
    "complexity_slope",
    "slope of log10 P(f) against the complexity of f",
    "complexity_slope",
    f"least squares over functions drawn at least {FEWEST_FITTED_COUNT} times; P is the fraction of networks, "
    "complexity Lempel and Ziv's",
    "per bit",
    "Valle-Perez, Camargo and Louis (2019)",
)
BEYOND_PERMUTATIONS = _of_functions(
    "complexity_slope_beyond_permutations",
    "slope of log10 P(f) against complexity less the 2.5 % quantile of permutations",
    _beyond_permutations,
    "complexities permuted among the functions",
    "per bit",
)
SENSITIVITY_RATIO = _of_functions(
    "sensitivity_ratio",
    "sensitivity to one flipped bit over that of functions with their values shuffled",
    _sensitivity_ratio,
    "mean over networks, inputs and bits; 1 for functions that are random but for their number of ones",
)
