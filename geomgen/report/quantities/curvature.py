"""Quantities of the curvature of the loss, of the Hessian as a whole and of its share of eigenvalues near zero."""

import pandas as pd

from geomgen.report.quantity import Quantity
from geomgen.tables.curvature import THRESHOLDS, share_column

TABLE, DENSITY = "hessian_summary", "hessian_density"
MOST_OPEN = 0.02
"""How far apart bounds of a share may be for it to count as known."""
NAMES = {limit: f"up to {limit:f}".rstrip("0") + " of the largest" for limit in THRESHOLDS}


def best(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the Hessian: of each state and number of images the dense ones, or those of the most steps.

    Args:
        rows: Of a table of curvature, with the options of their runs.
    """
    own = rows[rows["operator"] == "hessian"]
    steps = own["num_steps"].astype(float).fillna(float("inf"))
    return own[steps == steps.groupby([own["run_id"], own["state"], own["num_samples"]]).transform("max")]


def near_zero(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row per threshold in place of a column per threshold.

    Args:
        rows: Of the summary.

    Returns:
        With ``threshold``, its number ``limit``, ``value``, ``low`` and ``high``.
    """
    columns = [f"{share_column(limit)}{end}" for limit in THRESHOLDS for end in ("", "_low", "_high")]
    about = rows.drop(columns=columns)
    parts = [
        about.assign(
            threshold=name,
            limit=limit,
            value=rows[share_column(limit)],
            low=rows[f"{share_column(limit)}_low"],
            high=rows[f"{share_column(limit)}_high"],
        )
        for limit, name in NAMES.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _known_shares(rows: pd.DataFrame) -> pd.DataFrame:
    found = near_zero(rows)
    return found[found["high"] - found["low"] <= MOST_OPEN]


def _of_hessian(name: str, title: str, formula: str) -> Quantity:
    return Quantity(name, title, TABLE, name, keys=("state",), best=best, formula=formula)


NEAR_ZERO = Quantity(
    "near_zero_fraction",
    "share of Hessian eigenvalues near zero",
    TABLE,
    _known_shares,
    keys=("state", "threshold"),
    best=best,
    formula="share of |lambda| at or below a threshold times the largest, where its bounds are at most 0.02 apart",
)
NEGATIVE = _of_hessian(
    "negative_fraction", "share of negative Hessian eigenvalues", "share of lambda below -D eps of the largest"
)
LARGEST = _of_hessian("eigenvalue_max", "largest Hessian eigenvalue", "of the mean loss of the first images")
SHARPNESS = _of_hessian(
    "sharpness_times_lr", "largest Hessian eigenvalue times the learning rate", "lambda_max lr; gradient descent: 2"
)
OUTLIERS = _of_hessian(
    "num_outliers", "number of outliers of the Hessian", "eigenvalues above the widest gap by ratio, of the 3 C largest"
)
