"""Quantities of bounds on the test error, of networks drawn from the prior that fit, and their true error."""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from geomgen.config.random_networks import IMAGE_SIDE, MNIST
from geomgen.report.quantities.prior_mass import units
from geomgen.report.quantity import Quantity
from geomgen.theory.generalisation_bounds import (
    finite_class_bound,
    growth_bound,
    marginal_likelihood_bound,
    relu_log2_growth,
    restricted_prior_bound,
)

SUMMARY = "posterior_summary"
DELTA = 0.05
"""Chance that a bound fails: half of it that ln P(S) is below its interval, and half that the bound fails then."""
LOWER_TAIL = 1.959964


def with_bounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of ``posterior_summary`` with bounds on the error at all inputs, those without ln P(S) left out.

    - ``marginal_likelihood_bound``, ``restricted_prior_bound``: from the lower end of ln P(S); where that is known by
      expectation propagation alone, from this, which makes them approximate.
    - ``uniform_bound``: for a prior that is uniform over the 2^m labellings.
    - ``growth_bound``: from the labellings that networks of the shape can do at all.
    - ``true_error_bayes``, ``true_error_sgd``: the errors at all inputs; there are none at the m known ones.

    Args:
        rows: With the options of their runs.
    """
    has_mass = rows[["log_prior_mass", "log_prior_mass_propagated"]].notna().any(axis=1)
    rows = rows[has_mass & (rows["activation"] == "relu")]
    bounds = pd.DataFrame([_bounds(row) for row in rows.to_dict("records")], index=rows.index, dtype=float)
    return rows.assign(**bounds)


def _bounds(row: Mapping[Hashable, Any]) -> dict[str, float]:
    size, lowest = int(row["train_size"]), row["log_prior_mass"] - LOWER_TAIL * row["log_prior_mass_stderr"]
    lowest = row["log_prior_mass_propagated"] if math.isnan(lowest) else lowest
    hidden = [int(count) for count in row["hidden"].split(",")] if row["hidden"] != "none" else []
    dim = (IMAGE_SIDE // int(row["pool"])) ** 2 if row["task"] == MNIST else int(row["inputs"])
    unknown = 1 - size / int(row["num_inputs"])
    return {
        "marginal_likelihood_bound": marginal_likelihood_bound(lowest, size, DELTA / 2),
        "restricted_prior_bound": restricted_prior_bound(lowest, size, DELTA / 2),
        "uniform_bound": finite_class_bound(size * math.log(2), size, DELTA),
        "growth_bound": growth_bound(relu_log2_growth(dim, hidden, 2 * size), size, DELTA),
        "true_error_bayes": unknown * row["error_bayes"],
        "true_error_sgd": unknown * row["error_sgd"],
    }


def _by_units(rows: pd.DataFrame, column: str, less: str = "") -> pd.DataFrame:
    found = with_bounds(rows[rows["hidden"] != "none"])
    value = found[column] - (found[less] if less else 0.0)
    return found[["run_id"]].assign(width=units(found), value=value)


def _gaps(rows: pd.DataFrame) -> pd.DataFrame:
    return _by_units(rows, "restricted_prior_bound", "true_error_bayes")


def _average(rows: pd.DataFrame) -> pd.DataFrame:
    return _by_units(rows, "restricted_prior_bound")


def _worst(rows: pd.DataFrame) -> pd.DataFrame:
    return _by_units(rows, "growth_bound")


SOURCE = "Valle-Perez and Louis (2020); Bartlett, Harvey, Liaw and Mehrabian (2019)"
AVERAGE_BOUND = Quantity(
    "average_case_bound", "bound on the mean error of networks of the prior that fit", SUMMARY, _average,
    formula="1 - exp(-(-ln P(S) + ln 1/delta)/m), from the lower end of ln P(S), delta = .05 in all", source=SOURCE,
)  # fmt: skip
BOUND_GAP = Quantity(
    "bound_gap", "gap from the true error to the average-case bound", SUMMARY, _gaps,
    formula="average_case_bound - error_bayes (N - m)/N, the error at all N inputs, of which m are known",
)  # fmt: skip
WORST_BOUND = Quantity(
    "worst_case_bound", "bound by the labellings that the networks can do", SUMMARY, _worst,
    formula="2/m (log2 growth(2m) + log2 2/delta), at most 1", source=SOURCE,
)  # fmt: skip
