"""Quantities of the learning coefficient, and of the time that chains spend in each of two basins."""

import pandas as pd

from geomgen.report.quantity import Quantity

TABLE = "llc"
CONVERGED = {"converged": True}
FLAGS = "--sampler hmc"
IN_TWO_BASINS = {"state": "two-basins"}
UNMIXED = ("diverged", "some diverged", "not mixed")


def _half_parameters(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["run_id", "state"]].assign(value=rows["num_parameters"] / 2)


def _occupancies(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the ratios of chains that have mixed; around the shallower of two minima lambda may be negative."""
    mixed = rows[~rows["verdict"].isin(UNMIXED)]
    return mixed[["run_id", "occupancy_ratio_theory"]].assign(value=mixed["occupancy_ratio"])


def _relative_occupancies(rows: pd.DataFrame) -> pd.DataFrame:
    found = _occupancies(rows)
    return found.assign(value=found["value"] / found["occupancy_ratio_theory"])


LLC = Quantity(
    "learning_coefficient",
    "local learning coefficient",
    TABLE,
    "llc",
    keys=("state",),
    where=CONVERGED,
    flags=FLAGS,
    formula="n beta (E[L] - L(w*)), E over chains of the law exp(-n beta L(w) - gamma/2 |w - w*|^2)",
    source="Lau et al. (2023)",
)
VOLUME_SCALING = Quantity(
    "volume_scaling",
    "d ln V / d ln epsilon at the chains' mean excess loss",
    TABLE,
    "d_log_volume_d_log_tolerance",
    keys=("state",),
    where=CONVERGED,
    flags=FLAGS,
    formula="V: mass of losses up to L(w*) + epsilon, to second order, under the Gaussian of the chains",
    source="Lugannani and Rice (1980)",
)
HALF_PARAMETERS = Quantity(
    "half_parameters",
    "coefficient D/2 of a regular loss",
    TABLE,
    _half_parameters,
    keys=("state",),
    where=CONVERGED,
    flags=FLAGS,
    formula="half the number of parameters: also d ln V / d ln epsilon of any quadratic without a weight",
)
OCCUPANCY = Quantity(
    "occupancy",
    "ratio of the times in two basins",
    TABLE,
    _occupancies,
    where=IN_TWO_BASINS,
    made=True,
    formula="mean share of the first basin's Gaussian in the density of a mixture, over that of the second's",
)
RELATIVE_OCCUPANCY = Quantity(
    "relative_occupancy",
    "ratio of the times in two basins over its exact value",
    TABLE,
    _relative_occupancies,
    where=IN_TWO_BASINS,
    made=True,
    formula="occupancy ratio / (prod sqrt(b_i / a_i) exp(-n beta depth)), a and b the curvatures of the basins",
)
