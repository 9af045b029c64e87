"""Quantities of the prior mass of zero error."""

import math

import pandas as pd

from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL
from geomgen.report.quantity import Quantity

TABLE = "prior_mass"


def units(rows: pd.DataFrame) -> "pd.Series[int]":
    """Return the units of each network's last hidden layer, also beside the limit of infinite width."""
    return rows["hidden"].map(lambda hidden: int(hidden.rpartition(",")[2])).astype(int)


def _divergences(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_id"]].assign(width=units(rows), value=-rows["log_mass_nats"])


DIVERGENCE = Quantity(
    "divergence_from_prior",
    "divergence of the posterior from the prior",
    TABLE,
    _divergences,
    "nats",
    where={"route": RAO_BLACKWELL, "verdict": "resolved"},
    formula="-ln P(S), P(S) the mean over hidden layers of the probability that the last layer, a Gaussian, fits",
)
LIMIT = Quantity(
    "limit_of_divergence",
    "divergence of an infinitely wide network",
    TABLE,
    _divergences,
    "nats",
    where={"route": INFINITE_WIDTH, "verdict": "resolved"},
    formula="-ln of the probability that the Gaussian process of infinitely wide networks fits",
)


def text_log_fraction(num_parameters: int, num_samples: int) -> float:
    """Return ln((P - N)/P), the text's estimate of ln P(S); NaN for P <= N."""
    free = num_parameters - num_samples
    return math.log(free / num_parameters) if free > 0 else math.nan
