"""Report ``flatness``: do minima of larger volume and smaller curvature generalise better?"""

from collections.abc import Iterator
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.numerics.statistics import partial_rank_correlation, rank_correlation
from geomgen.report.averages import largest_group, split
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.layout import averaged_table, listed_table
from geomgen.report.quantities.curvature import TRACE
from geomgen.report.quantities.parameter_volume import LOG_VOLUME
from geomgen.report.quantities.training import TEST_ACCURACY
from geomgen.report.report import Report, sources
from geomgen.report.together import together

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME, CORRELATIONS = "flatness", "flatness-correlations"
QUESTION = "Do minima of larger volume and smaller curvature generalise better?"
RANK_QUESTION = "How do volume, trace and test error go together, over all trainings and within those of one setting?"
ALONG = ("lr", "batch_size", "weight_decay")
"""Options that trainings may differ in and be compared."""
COLUMNS = {
    LOG_VOLUME.name: LOG_VOLUME.of(state="final"),
    TRACE.name: TRACE.of(state="final"),
    TEST_ACCURACY.name: TEST_ACCURACY.of(),
}
SPECS = {LOG_VOLUME.name: ".2f", TRACE.name: ".4g", "test_error": ".4f"}
RANK_SPECS = {"correlation": ".2f", "within_setting": ".2f"}


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return volume, trace and test error by setting, their rank correlations, and every training as a point.

    Args:
        tables: Tables of the runs.
    """
    rows = together(tables, COLUMNS)
    rows = rows.assign(test_error=1 - rows[TEST_ACCURACY.name])
    table = averaged_table(NAME, "Flatness and test error", QUESTION, rows, ["width"], SPECS)
    shown, notes = largest_group(rows, *ALONG)
    ranks = pd.DataFrame(_correlations(shown))
    beside = listed_table(CORRELATIONS, "Rank correlations", RANK_QUESTION, ranks, RANK_SPECS)
    figure = MadeFigure(NAME, QUESTION, _points(shown), _plot)
    return MadeReport((table, beside), (figure,), tuple(notes))


def _correlations(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the correlations of each two measured numbers at each width, in networks of one size."""
    for width, part in rows.groupby("width"):
        for first, second in combinations(SPECS, 2):
            known = part.dropna(subset=[first, second])
            x, y = known[first].to_numpy(float), known[second].to_numpy(float)
            groups = known.groupby(SETTING).ngroup().tolist()
            found = {
                "correlation": rank_correlation(x, y),
                "within_setting": partial_rank_correlation(x, y, groups),
            }
            ends = {
                f"{name}{end}": value
                for name, estimate in found.items()
                for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
            }
            yield {"width": width, "first": first, "second": second, "runs": len(known), **ends}


def _points(rows: pd.DataFrame) -> pd.DataFrame:
    parts = [part.assign(series=words or "all trainings") for words, part in split(rows)]
    return pd.concat(parts, ignore_index=True)[["series", "width", "seed", *SPECS]]


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Draw test error against volume, and against the trace."""
    from geomgen.report.figures import panels, series_look

    figure, axes = panels(2, share=False)
    for place, (series, part) in enumerate(numbers.groupby("series", sort=False)):
        look = series_look(place) | {"linestyle": ""}
        for ax, name in zip(axes, (LOG_VOLUME.name, TRACE.name), strict=True):
            ax.plot(part[name], part["test_error"], **look, label=series if ax is axes[0] else None)
    axes[0].set_xlabel("ln of the prior's mass (nats)")
    axes[1].set_xlabel("Trace of the Hessian")
    for ax in axes:
        ax.set_ylabel("Test error (fraction)")
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


REPORT = Report(NAME, QUESTION, sources(LOG_VOLUME, TRACE), make)
