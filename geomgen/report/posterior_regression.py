"""Report ``posterior-regression``: slopes at the end of gradient descent, compared with their exact posterior."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.config.regress import LinearConfig
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.regression_rows import latest_rows
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "posterior-regression"
QUESTION = "Does gradient descent from the prior end in samples of the Bayesian posterior?"
TITLE = "Slope of a line fitted by gradient descent from the prior"
SUMMARY, DRAWS = "regress_linear_summary", "regress_linear"
REMEDY = "Make one with: geomgen regress linear"
FORMATS = {
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
NUM_BINS = 60
REACH_STDS = 4.5


def make(sources: Mapping[str, Collected], _compare: str | None) -> MadeReport:
    """Return the report of all runs.

    Args:
        sources: Rows of ``regress_linear_summary`` and ``regress_linear``.
    """
    rows = with_z(latest_rows(sources[SUMMARY], LinearConfig, ["model"]))
    about = [name for name in ("problem", "seed") if rows[name].nunique() > 1]
    frame = rows[[*about, "model", *FORMATS, *COUNTS, "run_id"]].reset_index(drop=True)
    lines = [
        {name: text(row[name], FORMATS.get(name, "")) for name in [*about, "model", *FORMATS, *COUNTS]}
        for row in records(frame)
    ]
    table = MadeTable(TITLE, frame, pd.DataFrame(lines).rename(columns=heading), NAME, QUESTION)
    figures = [_figure(rows, sources[DRAWS].frame)] if DRAWS in sources else []
    return MadeReport((table,), tuple(figures), tuple(sources[SUMMARY].notes))


def with_z(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the slopes' deviation from the posterior, in standard errors: ``mean_z``, ``variance_z``.

    The standard errors are those of draws from the posterior; the ordinary model always ends at the same slope and has
    none.
    """
    variance, count = rows["posterior_variance"], rows["repetitions"]
    mean_z: pd.Series = (rows["slope_mean"] - rows["posterior_mean"]) / (variance / count) ** 0.5
    variance_z: pd.Series = (rows["slope_variance"] / variance - 1) / (2 / (count - 1)) ** 0.5
    samples = rows["model"] != "ordinary"
    return rows.assign(mean_z=mean_z.where(samples), variance_z=variance_z.where(samples))


def _figure(rows: pd.DataFrame, draws: pd.DataFrame) -> MadeFigure:
    """Return the distribution of the slopes of the run with the most draws."""
    run = rows.sort_values("repetitions").iloc[-1]
    mean, std = float(run["posterior_mean"]), math.sqrt(run["posterior_variance"])
    edges = np.linspace(mean - REACH_STDS * std, mean + REACH_STDS * std, NUM_BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    parts = [
        _curve("posterior", middles, np.exp(-(((middles - mean) / std) ** 2) / 2) / (std * math.sqrt(2 * math.pi)))
    ]
    for model, slopes in draws[draws["run_id"] == run["run_id"]].groupby("model", sort=False)["slope"]:
        if model == "ordinary":
            parts.append(_curve(str(model), [float(slopes.mean())], [math.nan]))
        else:
            counts, _ = np.histogram(slopes, edges)
            parts.append(_curve(str(model), middles, counts / (len(slopes) * (edges[1] - edges[0]))))
    return MadeFigure(NAME, QUESTION, pd.concat(parts, ignore_index=True), _plot)


def _curve(name: str, slopes: object, density: object) -> pd.DataFrame:
    return pd.DataFrame({"series": name, "slope": slopes, "density": density})


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return histograms of the slopes over the posterior's density; the ordinary model's one slope is a line."""
    from geomgen.report.figures import OKABE_ITO, panels

    figure, (ax,) = panels(1)
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
    figure.legend(*ax.get_legend_handles_labels(), loc="outside right center")
    return figure


REPORT = Report(NAME, QUESTION, (Source(SUMMARY, REMEDY), Source(DRAWS, REMEDY, required=False)), make)
