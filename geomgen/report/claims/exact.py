"""Parts of claims that are equalities: one exception in any run fails them."""

import math
from collections.abc import Iterator

from geomgen.errors import NoDataError
from geomgen.numerics.estimate import Estimate
from geomgen.report.claims.claim import Bespoke
from geomgen.report.claims.rule import exactly
from geomgen.report.claims.statistic import HINT, Named
from geomgen.report.collect import RunTables
from geomgen.report.quantity import VALUE, Quantity


def never_deviates(deviation: Quantity, counted: str, *commands: str) -> Bespoke:
    """Return the part that a quantity's largest deviation from 0, in all runs of any setting, is exactly 0.

    Args:
        deviation: Null where it is not resolved.
        counted: What its values are counted as.
        commands: Commands that measure it.
    """

    def find(tables: RunTables) -> Iterator[Named]:
        values = deviation.of().of_all(tables)[VALUE].astype(float)
        known, unresolved = values.dropna().abs(), int(values.isna().sum())
        if known.empty:
            raise NoDataError(f"None of {unresolved} {counted} is resolved.", HINT)
        left_out = f" ({unresolved} more are not resolved)" if unresolved else ""
        yield f"{len(known)} {counted}{left_out}", Estimate(float(known.max()), 0.0, math.inf, len(known))

    words = f"largest {deviation.title}"
    return Bespoke(words, find, exactly(0), (deviation,), commands, deviation.unit)
