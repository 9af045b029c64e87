"""Quantities of the Jacobian of a network's logits."""

import numpy as np
import pandas as pd

from geomgen.report.quantity import Quantity

TABLE = "jacobian_rank"


def _deviations(rows: pd.DataFrame) -> pd.DataFrame:
    """Return deviations at every state with more parameters than equations; null where the rank is not resolved.

    A smallest singular value between eps and max(N d, k) eps of the largest may be rounding or not.
    """
    wide = rows[rows["num_parameters"] > rows["num_samples"] * rows["outputs"]]
    smallest, largest = wide["smallest_singular_value"], wide["largest_singular_value"]
    unresolved = (smallest <= wide["cut_off"]) & (smallest > np.finfo(float).eps * largest)
    deviation = (wide["manifold_dim"] - wide["manifold_dim_theory"]).astype(float)
    return wide[["run_id", "state", "num_samples"]].assign(value=deviation.mask(unresolved))


MANIFOLD_DEVIATION = Quantity(
    "manifold_deviation",
    "deviation from k - N d of the dimension of networks' optimal parameters",
    TABLE,
    _deviations,
    unit="dimensions",
    keys=("state", "num_samples"),
    formula="k - rank of the Jacobian - (k - N d); null if singular values are too small to tell the rank",
)
