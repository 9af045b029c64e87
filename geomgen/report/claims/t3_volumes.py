"""Parts of the third text's claim on how the volumes of minima are distributed."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from geomgen.config.minima import MinimaConfig
from geomgen.errors import NoDataError
from geomgen.numerics.statistics import line, mean
from geomgen.report.claims.part import Part
from geomgen.report.claims.rule import Rule, above, within
from geomgen.report.collect import RunTables
from geomgen.report.quantities.minima import EXCESS, SPREAD, TOP_SHARE
from geomgen.report.quantity import VALUE, Quantity
from geomgen.report.setting import Setting
from geomgen.report.statistic import FEWEST_WIDTHS, HINT, Named

Find = Callable[[pd.DataFrame], Iterator[Named]]
MINIMA_300 = MinimaConfig(networks=300)
SAME_DATA, IN_PROPORTION = "at the same data", "with as many values as units"
FLAGS = {SAME_DATA: "", IN_PROPORTION: " --train-size WIDTH"}


def _rows(tables: RunTables, quantity: Quantity, data: str) -> pd.DataFrame:
    """Return a quantity of runs that differ in width and seed, and that fit as many values or as many per unit."""
    found = quantity.of().of_all(tables)
    if data == SAME_DATA:
        return Setting(MINIMA_300).rows(found)
    rows = Setting(MINIMA_300, ("train_size",)).rows(found)
    rows = rows[rows["train_size"] == rows["width"]]
    if rows.empty:
        raise NoDataError(f"No run {IN_PROPORTION} has been measured.", HINT)
    return rows


def _part(words: str, quantity: Quantity, rule: Rule, find: Find, data: str) -> Part:
    return Part(
        f"{words} {data}",
        lambda tables: find(_rows(tables, quantity, data)),
        rule,
        (quantity,),
        (f"geomgen minima --networks 300 --width WIDTH{FLAGS[data]} --seed SEED",),
    )


def _exponent(rows: pd.DataFrame) -> Iterator[Named]:
    sizes = np.sort(rows["num_parameters"].unique()).astype(float)
    if len(sizes) < FEWEST_WIDTHS:
        raise NoDataError(f"Fewer than {FEWEST_WIDTHS} numbers of parameters have been measured.", HINT)
    if not rows[VALUE].astype(float).gt(0).all():
        raise NoDataError("The volumes of a run are equal, so that their spread has no exponent.", HINT)
    samples = [np.log(rows.loc[rows["num_parameters"] == size, VALUE].to_numpy(float)) for size in sizes]
    yield "", line(np.log(sizes), samples).slope


def _largest(rows: pd.DataFrame) -> Iterator[Named]:
    size = rows["num_parameters"].max()
    yield f"{{}}, {size} parameters", mean(rows.loc[rows["num_parameters"] == size, VALUE])


EXPONENT = "exponent of the standard deviation of ln V against the number of parameters"
FEW_HOLD_MOST = tuple(
    _part(words, quantity, rule, find, data)
    for words, quantity, rule, find in (
        (EXPONENT, SPREAD, within(0.4, 1.1), _exponent),
        (TOP_SHARE.title, TOP_SHARE, above(0.5), _largest),
        (EXCESS.title, EXCESS, within(-0.1, 0.1), _largest),
    )
    for data in FLAGS
)
