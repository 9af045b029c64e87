"""Report ``flatness``: do minima of larger volume and smaller curvature generalise better?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.numerics.statistics import partial_rank_correlation, rank_correlation
from geomgen.report.averages import largest_group, split
from geomgen.report.collect import SETTING, RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.layout import averaged_table, listed_table
from geomgen.report.quadratic_note import quadratic_note
from geomgen.report.quantities.learning import LLC
from geomgen.report.quantities.parameter_volume import BALANCED_TRACE, BALANCED_VOLUME, LOG_VOLUME, TABLE, TRACE
from geomgen.report.report import Report, sources
from geomgen.report.trained_minima import FREE, TEST_ERROR, trained_minima

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME, CORRELATIONS = "flatness", "flatness-correlations"
QUESTION = "Do minima of larger volume and smaller curvature generalise better?"
RANK_QUESTION = "How do volume, trace, learning coefficient and test error go together, over all and within a setting?"
SPECS = {
    **{one.name: ".2f" for one in (LOG_VOLUME, BALANCED_VOLUME)},
    **{one.name: ".4g" for one in (TRACE, BALANCED_TRACE)},
    LLC.name: ".3f",
    TEST_ERROR: ".4f",
}
PAIRS = (
    *((name, TEST_ERROR) for name in SPECS if name != TEST_ERROR),
    (LOG_VOLUME.name, TRACE.name),
    (LOG_VOLUME.name, LLC.name),
    (BALANCED_VOLUME.name, BALANCED_TRACE.name),
)
RANK_SPECS = {"correlation": ".2f", "within_setting": ".2f"}


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the numbers of minima by setting, their rank correlations, and every training as a point.

    Args:
        tables: Tables of the runs.
    """
    rows, left_out = trained_minima(tables)
    table = averaged_table(NAME, "Flatness and test error", QUESTION, rows, ["width"], SPECS)
    shown, notes = largest_group(rows, *FREE)
    ranks = pd.DataFrame(_correlations(shown))
    beside = listed_table(CORRELATIONS, "Rank correlations", RANK_QUESTION, ranks, RANK_SPECS)
    figure = MadeFigure(NAME, QUESTION, _points(shown), _plot)
    collected = tables.collect(TABLE, LOG_VOLUME.remedy)
    volumes = collected.frame
    volumes = volumes[volumes["run_id"].isin(shown["run_id"]) & (volumes["method"] == LOG_VOLUME.where["method"])]
    quadratic = quadratic_note(volumes, ["run_id"], "trainings")
    words = (*left_out, *notes, *_unmixed(shown), *quadratic, *collected.notes)
    return MadeReport((table, beside), (figure,), words)


def _correlations(rows: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Yield the correlations of pairs of measured numbers at each width, in networks of one size."""
    for width, part in rows.groupby("width"):
        for first, second in PAIRS:
            known = part.dropna(subset=[first, second])
            x, y = known[first].to_numpy(float), known[second].to_numpy(float)
            found = {
                "correlation": rank_correlation(x, y),
                "within_setting": partial_rank_correlation(
                    x, y, known.groupby(SETTING).ngroup().tolist(), known["seed"].tolist()
                ),
            }
            ends = {
                f"{name}{end}": value
                for name, estimate in found.items()
                for end, value in (("", estimate.value), ("_low", estimate.low), ("_high", estimate.high))
            }
            yield {"width": width, "first": first, "second": second, "runs": len(known), **ends}


def _unmixed(rows: pd.DataFrame) -> list[str]:
    """Return a note on the trainings around which chains did not converge."""
    count = int(rows[LLC.name].isna().sum())
    return [f"{LLC.name} of {count} of {len(rows)} trainings is not known: no chains around them converged."] * bool(
        count
    )


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
            ax.plot(part[name], part[TEST_ERROR], **look, label=series if ax is axes[0] else None)
    axes[0].set_xlabel("ln of the prior's mass (nats)")
    axes[1].set_xlabel("Trace of the second derivatives")
    for ax in axes:
        ax.set_ylabel("Test error (fraction)")
    figure.legend(loc="outside right upper", fontsize="small")
    return figure


REPORT = Report(NAME, QUESTION, sources(LOG_VOLUME), make)
