"""Report ``posterior-regression``: slopes at the end of gradient descent, compared with their exact posterior."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.averages import largest_group
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport, records
from geomgen.report.layout import listed, listed_table
from geomgen.report.quantities.regression import with_z
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAME = "posterior-regression"
QUESTION = "Does gradient descent from the prior end in samples of the Bayesian posterior?"
TITLE = "Slope of a line fitted by gradient descent from the prior"
REMEDY = "Make one with: geomgen regress linear"
SUMMARY, DRAWS = Source("regress_linear_summary", REMEDY), Source("regress_linear", REMEDY)
SPECS = {
    "slope_mean": ".4f",
    "slope_mean_stderr": ".4f",
    "posterior_mean": ".4f",
    "mean_z": ".2f",
    "slope_variance": ".3g",
    "posterior_variance": ".3g",
    "variance_z": ".2f",
    "ks_distance": ".4f",
    "ks_p_value": ".2g",
    "max_deviation": ".1e",
    "relative_distance_mean": ".3f",
    "published_slope": ".3f",
}
COUNTS = ("manifold_dim", "num_parameters", "repetitions")
NUM_BINS, MAX_SEEDS = 60, 4
REACH_STDS = 4.5


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(SUMMARY.table, SUMMARY.remedy).latest
    rows = with_z(collected.frame)
    table = listed_table(NAME, TITLE, QUESTION, listed(rows, ["seed", "model"], [*SPECS, *COUNTS]), SPECS)
    shown, notes = largest_group(rows)
    runs = shown.drop_duplicates("run_id", keep="last").tail(MAX_SEEDS)
    if shown["run_id"].nunique() > len(runs):
        notes = [*notes, f"The distributions are shown of the last {MAX_SEEDS} seeds only."]
    draws = tables.collect(DRAWS.table, DRAWS.remedy).latest.frame
    parts = [_densities(run, draws[draws["run_id"] == run["run_id"]]) for run in records(runs)]
    figure = MadeFigure(NAME, QUESTION, pd.concat(parts, ignore_index=True), _plot)
    return MadeReport((table,), (figure,), (*collected.notes, *notes))


def _densities(run: dict[str, Any], draws: pd.DataFrame) -> pd.DataFrame:
    """Return the distribution of a run's slopes, which depends on the points, and so on the seed."""
    mean, std = float(run["posterior_mean"]), math.sqrt(run["posterior_variance"])
    edges = np.linspace(mean - REACH_STDS * std, mean + REACH_STDS * std, NUM_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    parts = [
        _curve("posterior", middles, np.exp(-(((middles - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi)))
    ]
    for model, slopes in draws.groupby("model", sort=False)["slope"]:
        if model == "ordinary":
            parts.append(_curve(str(model), [float(slopes.mean())], [math.nan]))
        else:
            counts, _ = np.histogram(slopes, edges)
            parts.append(_curve(str(model), middles, counts / (len(slopes) * (edges[1] - edges[0]))))
    return pd.concat(parts, ignore_index=True).assign(seed=run["seed"])


def _curve(name: str, slopes: object, density: object) -> pd.DataFrame:
    return pd.DataFrame({"series": name, "slope": slopes, "density": density})


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return a panel for each seed."""
    from geomgen.report.figures import panels

    seeds = list(numbers.groupby("seed", sort=False))
    figure, axes = panels(len(seeds), share=False, beside=False)
    for ax, (seed, rows) in zip(axes, seeds, strict=True):
        _draw(ax, rows)
        ax.set_title(f"seed {seed}")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _draw(ax: "Axes", numbers: pd.DataFrame) -> None:
    """Draw histograms of the slopes over the posterior's density; the ordinary model's one slope is a line."""
    from geomgen.report.figures import OKABE_ITO

    looks: dict[str, dict[str, Any]] = {
        "slight": {"color": OKABE_ITO[0], "label": "slightly over-parameterised"},
        "very": {"color": OKABE_ITO[1], "label": "very over-parameterised", "linestyle": "--"},
    }
    for series, rows in numbers.groupby("series", sort=False):
        if series == "posterior":
            ax.fill_between(rows["slope"], rows["density"], color="0.85", label="posterior, exact")
        elif series == "ordinary":
            ax.axvline(rows["slope"].iloc[0], color="0.3", linestyle=":", label="least squares (ordinary)")
        else:
            ax.step(rows["slope"], rows["density"], where="mid", **looks[str(series)])
    ax.set_xlabel("Slope at the end of gradient descent")
    ax.set_ylabel("Density")
    ax.set_ylim(bottom=0)


REPORT = Report(NAME, QUESTION, (SUMMARY, DRAWS), make)
