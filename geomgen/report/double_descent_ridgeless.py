"""Part of report ``double-descent``: minimum-norm regression on normal features with its closed form."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geomgen.config.regress import RidgelessConfig
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.regression_rows import latest_rows
from geomgen.report.report import Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE = "regress_ridgeless"
SOURCE = Source(TABLE, "Make one with: geomgen regress ridgeless", required=False)
NAME = "double-descent-ridgeless"
QUESTION = "Does the risk of minimum-norm regression follow its closed form on both sides of the threshold?"
MEAN = ["excess_risk_mean", "excess_risk_stderr", "excess_risk_theory"]
MEDIAN = ["excess_risk_median", "excess_risk_median_stderr", "excess_risk_median_theory"]
WORDS = ("mean", "median")


def part(collected: Collected) -> MadeReport:
    """Return table and figure of the runs of ``regress ridgeless``."""
    rows = latest_rows(collected, RidgelessConfig, ["design", "features"])
    ratio = rows["excess_risk_mean"] / rows["excess_risk_theory"].where(np.isfinite(rows["excess_risk_theory"]))
    median_ratio = rows["excess_risk_median"] / rows["excess_risk_median_theory"]
    rows = rows.assign(mean_over_theory=ratio, median_over_theory=median_ratio).reset_index(drop=True)
    about = [name for name in ("problem", "seed") if rows[name].nunique() > 1]
    keys = [*about, "design", "samples", "features"]
    values = [*MEAN, "mean_over_theory", *MEDIAN, "median_over_theory"]
    frame = rows[[*keys, "repetitions", *values, "run_id"]]
    lines = [
        {name: text(row[name]) for name in keys} | {name: text(row[name], ".4g") for name in values}
        for row in records(frame)
    ]
    layout = pd.DataFrame(lines).rename(columns=heading)
    table = MadeTable("Excess risk of minimum-norm regression", frame, layout, NAME, QUESTION)
    latest = rows[rows["run_id"] == rows["run_id"].iloc[-1]].sort_values("features", kind="stable")
    figure = MadeFigure(NAME, QUESTION, latest[["design", "samples", "features", *MEAN, *MEDIAN]], _plot)
    return MadeReport((table,), (figure,), tuple(collected.notes))


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return one panel per design: measured means and medians as points, exact ones as lines."""
    from geomgen.report.figures import OKABE_ITO, panels

    designs = list(numbers.groupby("design", sort=False))
    figure, axes = panels(len(designs), beside=False)
    for ax, (design, rows) in zip(axes, designs, strict=True):
        for colour, marker, (value, stderr, theory), words in zip(OKABE_ITO, "o^", (MEAN, MEDIAN), WORDS, strict=False):
            ax.errorbar(rows["features"], rows[value], rows[stderr], fmt=marker, label=words, color=colour)
            exact = rows[theory].where(np.isfinite(rows[theory]))
            ax.plot(rows["features"], exact, label=f"{words}, exact", color=colour)
        ax.axvline(rows["samples"].iloc[0], color="0.45", linestyle=":", label="as many features as samples")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(str(design))
        ax.set_xlabel("Fitted features")
        ax.set_ylabel("Excess risk")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
