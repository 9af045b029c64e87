"""Report ``width-logdet``: the volume of the penultimate layer's activations against the network's width."""

from importlib import resources
from typing import TYPE_CHECKING

import pandas as pd

from geomgen.config.base import bearing_options
from geomgen.config.train import TrainConfig
from geomgen.report.averages import averaged, split
from geomgen.report.collect import AXES, RunTables, made_as
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, exact, records
from geomgen.report.layout import in_words, laid_out
from geomgen.report.quantities.volume import LOG_DET
from geomgen.report.report import Report, sources
from geomgen.report.together import together

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "width-logdet"
QUESTION = "How does the volume of the penultimate layer's activations depend on width, before and after training?"
KEYS = ["width"]
TITLE = "Log determinant of the penultimate layer's activations, in nats"
CELLS = {
    "initial": ("initial", "data"),
    "initial_control": ("initial", "control-features"),
    "initial_permuted_pixels": ("initial", "permuted-pixels"),
    "trained": ("final", "data"),
    "trained_control": ("final", "control-features"),
    "trained_permuted_pixels": ("final", "permuted-pixels"),
}


def make(tables: RunTables, compare: str | None) -> MadeReport:
    """Return the report of the runs that have a volume at the published layer, site and rule.

    Args:
        tables: Tables of the runs.
        compare: None, or ``published``.
    """
    rows = together(tables, {cell: LOG_DET.of(state=key[0], condition=key[1]) for cell, key in CELLS.items()})
    rows, others = _comparable(rows) if compare else (rows, [])
    means = averaged(rows, KEYS, list(CELLS))
    frame, layout = _renamed(means), laid_out(_renamed(in_words(means, rows, KEYS)), dict.fromkeys(CELLS, ".0f"))
    parts = [averaged(part, KEYS, list(CELLS)).assign(panel=panel) for panel, part in split(rows)]
    plotted = _renamed(pd.concat(parts, ignore_index=True))
    if compare:
        frame = with_published(frame)
        layout = _compared(layout, frame)
        sides = {"measured": plotted, "published": published_table().astype("float64")}
        plotted = pd.concat(sides, names=["source"]).reset_index("source")
    table = MadeTable(TITLE, frame, layout, NAME, QUESTION)
    notes = (*LOG_DET.rows(tables).notes, *others, *_notes_on_gaps(rows))
    return MadeReport((table,), (MadeFigure(NAME, QUESTION, plotted, _plot),), notes)


def _renamed(means: pd.DataFrame) -> pd.DataFrame:
    return means.rename(columns={"width": "hidden", "hidden": "layers"})


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


def _compared(measured: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of a layout, each with the published numbers and the ratios below it."""
    sides = {"measured": measured, "published": _side(frame, "_published", ""), "ratio": _side(frame, "_ratio", ".3f")}
    lines = pd.concat([side.assign(**{"": name}) for name, side in sides.items()])
    about = [name for name in measured if name not in sides["ratio"]]
    columns = [*about[:-1], "", *sides["ratio"], about[-1]]
    return lines.sort_index(kind="stable", ignore_index=True)[columns].fillna("")


def _side(frame: pd.DataFrame, suffix: str, spec: str) -> pd.DataFrame:
    cells = frame[[f"{cell}{suffix}" for cell in CELLS]].set_axis(list(CELLS), axis=1)
    return laid_out(cells, dict.fromkeys(CELLS, spec))


def _notes_on_gaps(rows: pd.DataFrame) -> list[str]:
    gaps = {str(row["run_id"]): [cell for cell in CELLS if pd.isna(row[cell])] for row in records(rows)}
    return [f"{run_id} is only partly measured: it has no {', '.join(gap)}." for run_id, gap in gaps.items() if gap]


def _comparable(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows of runs made as published, or all rows if there are none, and notes on the others."""
    fits = made_as(rows, TrainConfig())
    if fits.any():
        num_others = rows["run_id"][~fits].nunique()
        return rows[fits], [f"Left out because their protocol differs: {num_others} of the runs."] if num_others else []
    published = TrainConfig().filled().to_mapping()
    found = {
        name: sorted({exact(value) for value in rows[name]})
        for name in bearing_options(TrainConfig)
        if name not in AXES and name in rows
    }
    return rows, [
        f"The published table is for {name} {exact(published[name])}; these runs have {', '.join(values)}."
        for name, values in found.items()
        if values != [exact(published[name])]
    ]


def _plot(numbers: pd.DataFrame) -> "Figure":
    from geomgen.report.width_logdet_figure import plot

    return plot(numbers)


REPORT = Report(NAME, QUESTION, sources(LOG_DET), make, ("published",))
