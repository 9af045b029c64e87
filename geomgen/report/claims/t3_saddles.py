"""Parts of the third text's claims about critical points."""

import math
from collections.abc import Callable, Iterator

from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate, Share, share
from geomgen.report.claims.part import Part, measured
from geomgen.report.claims.rule import Rule, above, below
from geomgen.report.collect import RunTables
from geomgen.report.quantities.critical_points import DISTINCT, INDEX_CORRELATION, LOWEST_INDEX, MINIMA, SADDLES
from geomgen.report.quantity import Quantity
from geomgen.report.setting import Setting
from geomgen.report.statistic import HINT, Named, each_width, groups, largest_width

FEWEST_RUNS = 2
SMALL_TANH = TrainConfig(
    data="digits", pool=2, train_size=100, depth=1, activation="tanh", loss="mse", optimizer="adam", lr=0.01,
    epochs=1000, batch_size=100,
)  # fmt: skip
"""Small smooth networks, trained on the very images over which critical points are searched, with the same L2."""


def _pooled(tables: RunTables, count: Quantity, width: int) -> Share:
    """Return the share that some critical points have among all of a width's runs.

    Raises:
        NoDataError: If there is only one run, or none found a critical point.
    """
    some, all_points = (groups(one.of().among(SMALL_TANH).values(tables))[width] for one in (count, DISTINCT))
    if len(all_points) < FEWEST_RUNS:
        raise NoDataError(f"Only one run of width {width} has been searched.", HINT)
    if not sum(all_points):
        raise NoDataError(f"No search of width {width} has ended at a critical point.", HINT)
    return share(round(sum(some)), round(sum(all_points)))


def _saddles_at_the_largest_width(tables: RunTables) -> Iterator[Named]:
    width = max(groups(DISTINCT.of().among(SMALL_TANH).values(tables)))
    yield f"width {width}", _pooled(tables, SADDLES, width)


def _fall_of_minima(tables: RunTables) -> Iterator[Named]:
    """Yield the difference of two shares, each with the standard error of `share`, which is never 0.

    Raises:
        NoDataError: If only one width was measured.
    """
    widths = sorted(groups(DISTINCT.of().among(SMALL_TANH).values(tables)))
    if len(widths) == 1:
        raise NoDataError(f"Measured at no other width than {widths[0]}.", HINT)
    first, last = (_pooled(tables, MINIMA, width) for width in (widths[0], widths[-1]))
    difference = Estimate(
        last.value - first.value, math.hypot(first.stderr, last.stderr), math.inf, min(first.count, last.count)
    )
    yield f"{widths[0]} to {widths[-1]}", difference


def _of_shares(words: str, find: Callable[[RunTables], Iterator[Named]], rule: Rule, count: Quantity) -> Part:
    making = f"--width WIDTH --seed SEED {Setting(SMALL_TANH).flags}"
    return Part(words, find, rule, (count, DISTINCT), tuple(count.commands(making)))


ALMOST_ALL_SADDLES = (
    _of_shares(
        "share of saddles among critical points at the largest width",
        _saddles_at_the_largest_width,
        above(0.9),
        SADDLES,
    ),
    _of_shares(
        "change of the share of minima from the smallest to the largest width", _fall_of_minima, below(0), MINIMA
    ),
    measured(LOWEST_INDEX.of().among(SMALL_TANH), largest_width(), below(0.5)),
)
HIGHER_INDEX = (measured(INDEX_CORRELATION.of().among(SMALL_TANH), each_width("correlation"), above(0)),)
