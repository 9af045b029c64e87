"""Effective model complexity of training procedures, and how it grows with training time and width."""

import numpy as np
import pandas as pd

from geomgen.numerics.statistics import Estimate, plane
from geomgen.report.averages import largest_group
from geomgen.report.quantity import Quantity

TABLE = "emc"
FACTORS = {"epochs": "training time", "width": "width"}
EMC = Quantity(
    "emc",
    "effective model complexity",
    TABLE,
    "emc",
    unit="images",
    keys=("epochs", "threshold"),
    formula="largest number of training images that the procedure fits with a mean error of at most epsilon",
    source="Nakkiran et al. (2019), Deep Double Descent, definition 1",
)


def comparable(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of procedures that differ in width, epochs and seed only, and a note on the others."""
    return largest_group(rows, "epochs")


def exponents(rows: pd.DataFrame) -> dict[str, Estimate]:
    """Return the exponents of complexity against training time and width together, from all procedures.

    Where the largest training set tried was fitted, the complexity is known to be at least that; where the smallest was
    not, it is known to be below that.

    Args:
        rows: Of `comparable` procedures.

    Returns:
        By factor; none if too few complexities were found.
    """
    least, most = (rows["outcome"] == outcome for outcome in ("at-least", "below"))
    complexity = rows["emc"].where(~most, rows["smallest_not_fitted"])
    logs = np.log(rows[list(FACTORS)].to_numpy(float))
    found = plane(logs, np.log(complexity.to_numpy(float)), least.to_numpy(), below=most.to_numpy())
    return dict(zip(FACTORS, found, strict=True)) if all(slope.is_known for slope in found) else {}
