"""Report ``architectures``: similarity and volume of activations against width, for each architecture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report import similarity, width_logdet
from geomgen.report.collect import Collected, latest_runs, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import largest_group, mean_over_seeds, with_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "architectures"
QUESTION = "Do activations start alike and spread apart with training in every architecture and at every width?"
TITLE = "Initial and trained activations of the penultimate layer before its nonlinearity"
REMEDY = "Make one with: geomgen train --arch NAME, then geomgen probe-activations RUN or geomgen volume RUN"
COLUMNS = {
    "initial_cosine": 3,
    "trained_cosine": 3,
    "initial_cosine_spread": 3,
    "trained_cosine_spread": 3,
    "initial_log_det_nats": 0,
    "trained_log_det_nats": 0,
    "initial_participation_ratio": 1,
    "trained_participation_ratio": 1,
}
VOLUMES = ("log_det_nats", "participation_ratio")
STATES = {"initial": "initial", "final": "trained"}
PANELS = {
    "cosine": "Mean cosine similarity of pairs",
    "cosine_spread": "Standard deviation over pairs",
    "log_det_nats": "Log determinant (nats)",
    "participation_ratio": "Participation ratio (dimensions)",
}


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs whose similarities or volumes have been measured.

    Args:
        sources: Rows of either or both tables.

    Raises:
        NoDataError: If no run has either.
    """
    parts = [
        part(latest_runs(select(sources[name].frame))[0])
        for name, select, part in (
            (similarity.SUMMARY, similarity.at_penultimate, _cosines),
            (width_logdet.TABLE, width_logdet.published_rows, _volumes),
        )
        if name in sources
    ]
    if not parts:
        raise NoDataError("No complete run has similarities or volumes.", REMEDY)
    rows = _joined(parts)
    options = [name for name in varying_options(rows) if name != "arch"]
    frame = mean_over_seeds(rows, ["arch", "width", *options], [name for name in COLUMNS if name in rows])
    table = MadeTable(TITLE, frame, _layout(frame, options), NAME, QUESTION)
    shown, notes = largest_group(rows, "arch")
    figure = MadeFigure(NAME, QUESTION, _plotted(shown), _plot)
    return MadeReport((table,), (figure,), tuple(notes))


def _cosines(rows: pd.DataFrame) -> pd.DataFrame:
    wanted = rows[(rows["metric"] == "cosine") & (rows["condition"] == "data") & rows["state"].isin(STATES)]
    return _by_state(wanted, {"mean": "cosine", "std": "cosine_spread"})


def _volumes(rows: pd.DataFrame) -> pd.DataFrame:
    return _by_state(rows[rows["condition"] == "data"], dict(zip(VOLUMES, VOLUMES, strict=True)))


def _by_state(rows: pd.DataFrame, values: Mapping[str, str]) -> pd.DataFrame:
    """Return one row per run, with its options and each value of each state."""
    wide = rows.pivot_table(index="run_id", columns="state", values=list(values))
    columns = {
        f"{word}_{short}": wide[value, state]
        for value, short in values.items()
        for state, word in STATES.items()
        if (value, state) in wide
    }
    about = rows.drop_duplicates("run_id").set_index("run_id").drop(columns=[*values, "state"])
    return about.assign(**columns).reset_index()


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return one row per run, with its options and whatever any of the parts measured."""
    indexed = [part.set_index("run_id") for part in parts]
    measured = pd.concat([part[[name for name in COLUMNS if name in part]] for part in indexed], axis=1)
    about = pd.concat([part.drop(columns=list(COLUMNS), errors="ignore") for part in indexed])
    return about[~about.index.duplicated()].join(measured).sort_index().reset_index()


def _layout(frame: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    lines = [
        {key: text(row[key]) for key in ("arch", "width", *options)}
        | {name: with_spread(row, name, digits) for name, digits in COLUMNS.items() if name in row}
        | {"seeds": text(row["seeds"])}
        for row in records(frame)
    ]
    return pd.DataFrame(lines).rename(columns=heading)


def _plotted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return mean and spread over seeds of each quantity, architecture, width and state."""
    names = [name for name in COLUMNS if name in rows]
    means = mean_over_seeds(rows, ["arch", "width"], names)
    parts = [
        means[["arch", "width", "seeds"]].assign(
            quantity=name.partition("_")[2], state=name.partition("_")[0], mean=means[name], std=means[f"{name}_std"]
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="mean")


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return one panel per quantity: one colour and marker per architecture, hollow and dashed when trained."""
    from geomgen.report.figures import TRAINED_LOOK, panels, series_look, width_axis

    shown = [name for name in PANELS if name in set(numbers["quantity"])]
    figure, axes = panels(len(shown), share=False, beside=False)
    looks = {arch: series_look(index) for index, arch in enumerate(numbers["arch"].unique())}
    for ax, quantity in zip(axes, shown, strict=True):
        ax.set_ylabel(PANELS[quantity])
        panel = numbers[numbers["quantity"] == quantity]
        for (arch, state), line in panel.groupby(["arch", "state"], sort=False):
            look = looks[arch] | (TRAINED_LOOK if state == "trained" else {"linestyle": "-"})
            ax.errorbar(line["width"], line["mean"], line["std"], label=f"{arch}, {state}", **look)
        width_axis(ax, panel["width"])
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


REPORT = Report(
    NAME,
    QUESTION,
    (Source(similarity.SUMMARY, REMEDY, required=False), Source(width_logdet.TABLE, REMEDY, required=False)),
    make,
)
