"""Networks of random functions along the units of their last hidden layer: what tells the others of their options."""

import pandas as pd

from geomgen.config.random_networks import NO_HIDDEN
from geomgen.report.averages import averaged
from geomgen.report.collect import varying_options
from geomgen.report.curves import Axis, named
from geomgen.report.quantities.prior_mass import units

UNITS = Axis("units", "Units in the last hidden layer", "doubling")


def along_units(rows: pd.DataFrame, keys: list[str], values: list[str]) -> pd.DataFrame:
    """Return means over seeds with the name of each curve along the units as their ``series``.

    The learning rate may vary with the units along a curve; where there are several at one number of units, it names
    the curve too.

    Args:
        rows: Collected rows; networks without hidden layers are left out.
        keys: Columns that distinguish the rows of a run, and name curves with the options.
        values: Columns that are averaged.
    """
    rows = rows[rows["hidden"] != NO_HIDDEN]
    rows = rows.assign(units=units(rows), hidden=rows["hidden"].map(shape))
    means = averaged(rows, ["units", *keys], values)
    names = [*keys, *(name for name in varying_options(rows) if name not in {*keys, "lr"})]
    found = named(means, names)
    return named(means, [*names, "lr"]) if found.duplicated(["series", "units"]).any() else found


def shape(hidden: str) -> str:
    """Return what tells hidden layers apart beside the units of the last: how many are alike, or all their units."""
    sizes = hidden.split(",")
    alike = "1 layer" if len(sizes) == 1 else f"{len(sizes)} layers alike"
    return alike if len(set(sizes)) == 1 else hidden
