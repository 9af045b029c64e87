"""Quantities of training beside the posterior."""

from typing import Any

import pandas as pd

from geomgen.config.random_networks import NO_HIDDEN
from geomgen.report.quantities.prior_mass import units
from geomgen.report.quantity import Quantity, Read

SUMMARY, LIMIT, POINTS = "posterior_summary", "posterior_limit", "optimal_set_points"
INFINITE, CONVERGED = {"process": "infinite-width"}, {"converged": True}
KEYS = ["num_inputs", "train_size"]


def _of_columns(value: "pd.Series[float]", rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_id", *KEYS]].assign(value=value)


def _error_difference(rows: pd.DataFrame) -> pd.DataFrame:
    return _of_columns(rows["error_sgd"] - rows["error_bayes"], rows)


def _by_units(*columns: str) -> Read:
    """Return what reads a column, or the first less the second, of networks with hidden layers by their units."""

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[rows["hidden"] != NO_HIDDEN]
        first, *others = (rows[column] for column in columns)
        return rows[["run_id"]].assign(width=units(rows), value=first - sum(others))

    return read


def is_unconverged(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return for each point whether chains said that it may not be of its law; earlier versions did not ask."""
    return rows["converged"].eq(False)


def _spread(column: str) -> Read:
    """Return what reads the standard deviation of a column over the points of each law, without unconverged ones."""

    def read(rows: pd.DataFrame) -> pd.DataFrame:
        rows = rows[(rows["hidden"] != NO_HIDDEN) & ~is_unconverged(rows)]
        found = rows.assign(width=units(rows)).groupby(["run_id", "law", "width"], sort=False)[column].std()
        return found.rename("value").reset_index()

    return read


def _quantity(name: str, title: str, read: str | Read, formula: str, source: str = "") -> Quantity:
    return Quantity(name, title, SUMMARY, read, where=CONVERGED, formula=formula, source=source)


POSTERIOR_SLOPE = _quantity(
    "posterior_slope",
    "exponent b of P_SGD ~ P_B^b",
    "log_slope",
    "regression of Poisson's counts of training, zeros included, on ln P_B by orthants, over functions to which at "
    "least one network is expected to come",
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
ERROR_OF_PRIOR = _quantity(
    "posterior_error",
    "test error of networks of the prior that fit",
    _by_units("error_bayes"),
    "mean error at the inputs that were not known",
)
TRAINING_EXCESS = _quantity(
    "training_excess_error",
    "test error of training less that of networks of the prior that fit",
    _by_units("error_sgd", "error_bayes"),
    "mean errors at the inputs that were not known",
)
COARSE: dict[str, Any] = {
    "unit": "nats",
    "source": "Mingard, Valle-Perez, Skalse and Louis (2021), for whole functions",
}
OF_ERRORS = "over classes of functions with as many test errors, from counts with 1/2 added to each"
OF_TOP = "over the 10 functions most probable by P_B and all others together, from counts with 1/2 added to each"
DIVERGENCE_OF_ERRORS = Quantity(
    "divergence_of_errors", "KL(P_SGD || P_B) of test errors", SUMMARY, _by_units("divergence_errors"),
    where=CONVERGED, formula=OF_ERRORS, **COARSE,
)  # fmt: skip
DIVERGENCE_OF_TOP = Quantity(
    "divergence_of_top", "KL(P_SGD || P_B) of the most probable functions", SUMMARY, _by_units("divergence_top"),
    where=CONVERGED, formula=OF_TOP, **COARSE,
)  # fmt: skip
LIMIT_OF_ERRORS = Quantity(
    "divergence_of_errors_limit", "KL(P_SGD || P_B) of test errors at infinite width", LIMIT,
    _by_units("divergence_errors"), where=INFINITE, formula=OF_ERRORS, **COARSE,
)  # fmt: skip
LIMIT_OF_TOP = Quantity(
    "divergence_of_top_limit", "KL(P_SGD || P_B) of the most probable functions at infinite width", LIMIT,
    _by_units("divergence_top"), where=INFINITE, formula=OF_TOP, **COARSE,
)  # fmt: skip
OF_LAW: dict[str, Any] = {"keys": ("law",), "recorded": ("optimal_points",)}
ERROR_SPREAD = Quantity(
    "test_error_spread", "spread of test errors over networks that fit", POINTS, _spread("test_error"),
    formula="standard deviation over networks of the fraction of the other inputs at which they are wrong", **OF_LAW,
)  # fmt: skip
CURVATURE_SPREAD = Quantity(
    "log_trace_spread", "spread of ln curvature over networks that fit", POINTS, _spread("log_trace_nats"),
    formula="standard deviation over networks of the logarithm of the trace of the Gauss-Newton matrix", **OF_LAW,
)  # fmt: skip
VOLUME_SPREAD = Quantity(
    "log_volume_spread", "spread of ln local volume over networks that fit", POINTS, _spread("log_volume_nats"), "nats",
    formula="standard deviation over networks of the logarithm of the fraction of neighbours that fit", **OF_LAW,
    source="after the local entropy of Baldassi et al. (2015)",
)  # fmt: skip
