"""Quantities of the prior mass of zero error."""

import math

import numpy as np
import pandas as pd

from geomgen.config.prior_mass import INFINITE_WIDTH, RAO_BLACKWELL
from geomgen.config.random_networks import NO_HIDDEN
from geomgen.report.quantity import Quantity

TABLE = "prior_mass"


def units(rows: pd.DataFrame) -> "pd.Series[int]":
    """Return the units of each network's last hidden layer, also beside the limit of infinite width."""
    return rows["hidden"].map(lambda hidden: int(hidden.rpartition(",")[2])).astype(int)


def _of_one_layer(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of networks that a width describes: those with one hidden layer."""
    return rows[~rows["hidden"].str.contains(",", regex=False) & (rows["hidden"] != NO_HIDDEN)]


def _divergences(rows: pd.DataFrame) -> pd.DataFrame:
    rows = _of_one_layer(rows)
    return rows[["run_id"]].assign(width=units(rows), value=-rows["log_mass_nats"])


def _masses(rows: pd.DataFrame) -> pd.DataFrame:
    rows = _of_one_layer(rows)
    return rows[["run_id"]].assign(width=units(rows), value=np.exp(rows["log_mass_nats"].astype(float)))


FINITE = {"route": RAO_BLACKWELL, "verdict": "resolved"}
INFINITE = {"route": INFINITE_WIDTH, "verdict": "resolved"}
LAST_LAYER = "the mean over the one hidden layer of the probability that the last layer, a Gaussian, fits"
PROCESS = "the probability that the Gaussian process of infinitely wide networks with one hidden layer fits"
PRIOR_MASS = Quantity(
    "prior_mass", "prior mass of zero error", TABLE, _masses, where=FINITE, formula=f"P(S), {LAST_LAYER}"
)
MASS_OF_PROCESS = Quantity(
    "prior_mass_of_process", "prior mass of zero error of infinitely wide networks", TABLE, _masses, where=INFINITE,
    formula=PROCESS,
)  # fmt: skip
DIVERGENCE = Quantity(
    "divergence_from_prior", "divergence of the posterior from the prior", TABLE, _divergences, "nats", where=FINITE,
    formula=f"-ln P(S), P(S) {LAST_LAYER}",
)  # fmt: skip
DIVERGENCE_OF_PROCESS = Quantity(
    "divergence_of_process", "divergence of infinitely wide networks", TABLE, _divergences, "nats", where=INFINITE,
    formula=f"-ln of {PROCESS}",
)  # fmt: skip


def text_log_fraction(num_parameters: int, num_samples: int) -> float:
    """Return ln((P - N)/P), the text's estimate of ln P(S); NaN for P <= N."""
    free = num_parameters - num_samples
    return math.log(free / num_parameters) if free > 0 else math.nan
