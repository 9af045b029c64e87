"""Report ``optimal-set``: how large the set of optimal parameters is, and how far from a random initialisation."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geomgen.config.regress import OptimalSetConfig
from geomgen.errors import NoDataError
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.regression_rows import latest_rows
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME, NETWORKS = "optimal-set", "optimal-set-networks"
QUESTION = "What fraction of directions stays optimal, and how far is the optimal set from a random initialisation?"
NETWORK_QUESTION = "Does the set of a network's parameters that fit N images have k - N d dimensions?"
LINEAR, JACOBIAN = "regress_optimal_set", "jacobian_rank"
SOURCES = (
    Source(LINEAR, "Make one with: geomgen regress optimal-set", required=False),
    Source(JACOBIAN, "Make one with: geomgen train, then geomgen jacobian RUN", required=False),
)
FRACTION = ["optimal_fraction", "optimal_fraction_theory"]
DISTANCE = ["distance_mean", "distance_stderr", "distance_theory", "relative_distance_mean"]
NETWORK_KEYS = ["arch", "width", "seed", "state", "num_samples"]
NETWORK_VALUES = ["outputs", "num_parameters", "rank", "manifold_dim", "manifold_dim_theory", "optimal_fraction"]


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of linear models, of networks, or of both.

    Args:
        sources: Rows of ``regress_optimal_set`` and ``jacobian_rank``.

    Raises:
        NoDataError: If there is neither.
    """
    tables, figures = [], []
    if LINEAR in sources:
        rows = latest_rows(sources[LINEAR], OptimalSetConfig, ["features"])
        rows = rows.sort_values(["samples", "features"], kind="stable").reset_index(drop=True)
        tables.append(_linear_table(rows))
        figures.append(MadeFigure(NAME, QUESTION, rows[["samples", "features", *FRACTION, *DISTANCE]], _plot))
    if JACOBIAN in sources:
        tables.append(_network_table(sources[JACOBIAN].frame))
    if not tables:
        raise NoDataError("No optimal set has been measured.", SOURCES[0].remedy)
    notes = dict.fromkeys(note for collected in sources.values() for note in collected.notes)
    return MadeReport(tuple(tables), tuple(figures), tuple(notes))


def _linear_table(rows: pd.DataFrame) -> MadeTable:
    about = [name for name in ("seed",) if rows[name].nunique() > 1]
    keys = [*about, "samples", "features"]
    frame = rows[[*keys, "repetitions", "min_rank", "max_rank", *FRACTION, *DISTANCE, "run_id"]]
    lines = [
        {name: text(row[name]) for name in [*keys, "min_rank", "max_rank"]}
        | {name: text(row[name], ".4g") for name in [*FRACTION, *DISTANCE]}
        for row in records(frame)
    ]
    layout = pd.DataFrame(lines).rename(columns=heading)
    return MadeTable("Optimal set of linear models", frame, layout, NAME, QUESTION)


def _network_table(frame: pd.DataFrame) -> MadeTable:
    rows = frame.sort_values(["width", "seed"], kind="stable")[[*NETWORK_KEYS, *NETWORK_VALUES, "run_id"]]
    rows = rows.reset_index(drop=True)
    lines = [{name: text(row[name]) for name in [*NETWORK_KEYS, *NETWORK_VALUES]} for row in records(rows)]
    layout = pd.DataFrame(lines).rename(columns=heading)
    return MadeTable("Set of parameters with the same logits", rows, layout, NETWORKS, NETWORK_QUESTION)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return the optimal fraction and the distance against features over samples, exact values as lines."""
    from geomgen.report.figures import panels, series_look

    figure, axes = panels(2, share=False)
    quantities = ((*FRACTION, "Fraction of directions that stay optimal"), ("distance_mean", "distance_theory", ""))
    for ax, (measured, theory, words) in zip(axes, quantities, strict=True):
        for index, (samples, rows) in enumerate(numbers.groupby("samples")):
            ratio, look = rows["features"] / rows["samples"], series_look(index)
            spread = rows["distance_stderr"] if measured == "distance_mean" else None
            ax.errorbar(ratio, rows[measured], spread, label=f"{samples} samples", **look | {"linestyle": "none"})
            exact = rows[theory].where(np.isfinite(rows[theory]))
            ax.plot(ratio, exact, label=f"{samples} samples, exact", color=look["color"])
        ax.axvline(1, color="0.45", linestyle=":")
        ax.set_xscale("log")
        ax.set_xlabel("Features over samples, P/N")
        ax.set_ylabel(words or "Mean distance to the optimal set")
    axes[1].set_yscale("log")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center")
    return figure


REPORT = Report(NAME, QUESTION, SOURCES, make)
