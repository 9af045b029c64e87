"""Parts of the third text's claims about the volume of minima, and whether flat ones generalise."""

from collections.abc import Iterator

from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.numerics.statistics import partial_rank_correlation
from geomgen.report.claims.part import Part
from geomgen.report.claims.rule import Rule, above, below
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.quantities.learning import LLC
from geomgen.report.quantities.parameter_volume import BALANCED_TRACE, BALANCED_VOLUME, LOG_VOLUME, TRACE
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.quantity import Quantity
from geomgen.report.setting import Setting
from geomgen.report.statistic import HINT, Named
from geomgen.report.trained_minima import FREE, TEST_ERROR, trained_minima

SMALL_MLP = TrainConfig(pool=4, train_size=300, depth=1, optimizer="sgd", epochs=500)
"""Networks that come to predict all training images right, and whose second derivatives are cheap."""


def _within_settings(first: Quantity, second: Quantity, rule: Rule, name: str = "") -> Part:
    """Return the part of the rank correlation of two numbers of minima that differ in nothing but the seed.

    Args:
        first: The first number.
        second: The second number.
        rule: For the correlation.
        name: Of the second number's column in `trained_minima`.
    """
    title = "test error" if name else second.title

    def find(tables: RunTables) -> Iterator[Named]:
        columns = [first.name, name or second.name]
        rows = Setting(SMALL_MLP, FREE).rows(trained_minima(tables).rows).dropna(subset=columns)
        if rows.empty:
            raise NoDataError(f"No run has {first.title} and {title}.", HINT)
        for width, part in rows.groupby("width"):
            x, y = (part[column].to_numpy(float) for column in columns)
            settings, seeds = part.groupby(SETTING).ngroup().tolist(), part["seed"].tolist()
            yield f"{{}} at width {width}", partial_rank_correlation(x, y, settings, seeds)

    making = f"--width WIDTH --seed SEED {Setting(SMALL_MLP).flags}"
    commands = [*first.commands(making), *second.commands(making)]
    words = f"rank correlation of {first.title} and {title} within a setting"
    return Part(words, find, rule, (first, second), tuple(dict.fromkeys(commands)))


FLATTER_IS_LARGER = (
    _within_settings(LOG_VOLUME, LLC, below(0)),
    _within_settings(LOG_VOLUME, TRACE, below(0)),
)
FLATTER_GENERALISES = tuple(
    _within_settings(one, TEST_ACCURACY, rule, TEST_ERROR)
    for one, rule in (
        (LOG_VOLUME, below(0)),
        (BALANCED_VOLUME, below(0)),
        (TRACE, above(0)),
        (BALANCED_TRACE, above(0)),
        (LLC, above(0)),
    )
)
