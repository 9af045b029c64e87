"""Report ``width-logdet``: the volume of the penultimate layer's activations against the network's width."""

from collections.abc import Mapping
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.train import TrainConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import SCIENCE, Collected, latest_runs, trained_as, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.report import Report, Source
from geomgen.report.seeds import with_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "width-logdet"
QUESTION = "How does the volume of the penultimate layer's activations depend on width, before and after training?"
TITLE = "Log determinant of the penultimate layer's activations, in nats"
TABLE = "activation_volume"
REMEDY = "Make one with: geomgen train, then geomgen volume RUN"
CELLS = {
    "initial": ("initial", "data"),
    "initial_control": ("initial", "control-features"),
    "initial_permuted_pixels": ("initial", "permuted-pixels"),
    "trained": ("final", "data"),
    "trained_control": ("final", "control-features"),
    "trained_permuted_pixels": ("final", "permuted-pixels"),
}


def make(sources: Mapping[str, Collected], compare: str | None) -> MadeReport:
    """Return the report of the runs that have a volume at the published layer, site and rule.

    Args:
        sources: Rows of ``activation_volume``.
        compare: None, or ``published``.

    Raises:
        NoDataError: If no row has the published layer, site and rule.
    """
    collected = sources[TABLE]
    rows, notes = latest_runs(published_rows(collected.frame))
    rows, other = _comparable(rows) if compare else (rows, [])
    options = varying_options(rows)
    frame = plotted = mean_over_seeds(rows, options)
    notes = [*collected.notes, *notes, *other, *_notes_on_gaps(rows)]
    if compare:
        frame = with_published(frame)
        plotted = pd.concat(
            [plotted, published_table().astype("float64")], keys=["measured", "published"], names=["source"]
        )
        plotted = plotted.reset_index("source")
    table = MadeTable(TITLE, frame, _layout(frame, options), NAME, QUESTION)
    return MadeReport((table,), (MadeFigure(NAME, QUESTION, plotted, partial(_plot, options)),), tuple(notes))


def published_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the published table's layer, site and rule, with its column's name as ``cell``.

    Raises:
        NoDataError: If there are none.
    """
    names = {key: name for name, key in CELLS.items()}
    cells = pd.Series([names.get(key) for key in zip(frame["state"], frame["condition"], strict=True)], frame.index)
    wanted = (frame["layer"] == frame["penultimate"]) & (frame["site"] == "pre") & (frame["rule"] == "relative")
    rows = frame.assign(cell=cells)[wanted].dropna(subset="cell")
    if rows.empty:
        raise NoDataError("No volume was measured at the penultimate layer, site pre, by rule relative.", REMEDY)
    return rows


def mean_over_seeds(rows: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    """Return one row per width and combination of options: means over seeds, their number, and spreads (``_std``)."""
    groups = [group for _, group in rows.groupby(["width", *options], dropna=False)]
    found = [{"hidden": group["width"].iloc[0], **dict.fromkeys(options), **_statistics(group)} for group in groups]
    as_given = {name: pd.Series([group[name].iloc[0] for group in groups], dtype=object) for name in options}
    return pd.DataFrame(found).assign(**as_given)


def _statistics(group: pd.DataFrame) -> dict[str, Any]:
    values = {name: group["log_det_nats"][group["cell"] == name] for name in CELLS}
    means = {name: value.mean() for name, value in values.items()}
    return means | {"seeds": group["seed"].nunique()} | {f"{name}_std": value.std() for name, value in values.items()}


def published_table() -> pd.DataFrame:
    """Return the published table: ``hidden`` and the six columns of `CELLS`, in nats."""
    source = resources.files("geomgen.report").joinpath("published/width_logdet.csv")
    with source.open(encoding="utf-8") as file:
        return pd.read_csv(file).astype("Int64")


def with_published(frame: pd.DataFrame) -> pd.DataFrame:
    """Add ``_published`` and ``_ratio`` (measured over published) columns; null where nothing was published."""
    published = published_table().set_index("hidden").reindex(frame["hidden"]).reset_index(drop=True)
    ratios = frame[list(CELLS)] / published.astype("float64")
    return pd.concat([frame, published.add_suffix("_published"), ratios.add_suffix("_ratio")], axis=1)


def _notes_on_gaps(rows: pd.DataFrame) -> list[str]:
    cells = {str(run_id): set(run["cell"]) for run_id, run in rows.groupby("run_id")}
    gaps = {run_id: [cell for cell in CELLS if cell not in found] for run_id, found in cells.items()}
    return [f"{run_id} is only partly measured: it has no {', '.join(gap)}." for run_id, gap in gaps.items() if gap]


def _comparable(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of runs trained as published, or all rows if there are none, and notes on the others."""
    fits = trained_as(rows, TrainConfig())
    if fits.any():
        num_others = rows["run_id"][~fits].nunique()
        return rows[fits], [f"Left out because their protocol differs: {num_others} of the runs."] if num_others else []
    published = TrainConfig().resolved(device="cpu", threads=1)
    found = {name: sorted({text(value) for value in rows[name]}) for name in SCIENCE}
    other = {name: values for name, values in found.items() if values != [text(getattr(published, name))]}
    return rows, [
        f"The published table is for {name} {text(getattr(published, name))}; these runs have {', '.join(values)}."
        for name, values in other.items()
    ]


def _layout(frame: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    lines = [line for row in records(frame) for line in _lines(row, ["hidden", *options])]
    return pd.DataFrame(lines).fillna("").rename(columns=heading)


def _lines(row: dict[str, Any], keys: list[str]) -> list[dict[str, str]]:
    """Return the contents of a width's lines: one, or measured, published and ratio."""
    about, seeds = {key: text(row[key]) for key in keys}, {"seeds": text(row["seeds"])}
    measured = {name: with_spread(row, name, 0) for name in CELLS}
    if "initial_ratio" not in row:
        return [about | measured | seeds]
    published = {name: text(row[f"{name}_published"]) for name in CELLS}
    ratio = {name: text(row[f"{name}_ratio"], ".3f") for name in CELLS}
    return [about | {"": "measured"} | measured | seeds, {"": "published"} | published, {"": "ratio"} | ratio]


def _plot(options: list[str], numbers: pd.DataFrame) -> "Figure":
    from geomgen.report.width_logdet_figure import plot

    return plot(numbers, options)


REPORT = Report(NAME, QUESTION, (Source(TABLE, REMEDY),), make, ("published",))
