"""Part of report ``double-descent``: networks trained on noisy labels, against width, training images and epochs."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geomgen.report.claims.intervals import Interval
from geomgen.report.collect import DIGESTS, SCIENCE, Collected, latest_runs, varying_options
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.error_peaks import Peak, find_peak
from geomgen.report.report import Source
from geomgen.report.seeds import label, mean_over_seeds, with_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE = "training"
SOURCE = Source(TABLE, "Make runs with: geomgen sweep quick/double-descent-width", required=False)
NAME, PEAKS = "double-descent-networks", "double-descent-networks-peaks"
QUESTION = "Does the test error of networks trained on noisy labels fall, rise and fall again?"
AXES = {"width": "Width", "train_size": "Training images", "epoch": "Epochs"}
FEWEST = {"width": 5, "train_size": 5, "epoch": 8}
ERRORS = ["test_error", "train_error"]
RATIOS = ["parameters_over_images", "parameters_over_outputs"]
HEIGHTS = ("rise", "fall", "gain")
MAX_SERIES, MAX_MARKERS = 4, 15


@dataclass(frozen=True, eq=False)
class Series:
    """Networks that differ along one axis and in their seed.

    Attributes:
        axis: width, train_size or epoch.
        name: The other options that distinguish it from the axis's other series, in words.
        rows: One row per seed and point, from seeds that have every point.
    """

    axis: str
    name: str
    rows: pd.DataFrame

    @property
    def curves(self) -> pd.DataFrame:
        """Test error, one row per seed and one column per point."""
        return self.rows.pivot_table(index="seed", columns=self.axis, values="test_error")

    @property
    def peak(self) -> Peak:
        """Where and how high the test error peaks."""
        return find_peak(self.curves)


def part(collected: Collected) -> MadeReport:
    """Return tables and figure of trainings with label noise; None if there are too few."""
    rows, notes = noisy_runs(collected.frame)
    found = [series for axis in AXES for series in series_along(rows, axis)]
    if not found:
        return MadeReport((), notes=tuple(collected.notes))
    points = _points(found)
    figure = MadeFigure(NAME, QUESTION, points, _plot)
    return MadeReport((_peaks(found), _table(points)), (figure,), (*collected.notes, *notes))


def noisy_runs(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the latest runs on subsets with label noise, with errors and complexity, and notes on the others."""
    noisy = frame[(frame["label_noise"] > 0) & frame["train_size"].notna()]
    rows, notes = latest_runs(noisy)
    ratio = rows["num_parameters"] / rows["train_size"]
    errors = {"test_error": 1 - rows["test_accuracy"], "train_error": 1 - rows["train_accuracy"]}
    ratios = {"parameters_over_images": ratio, "parameters_over_outputs": ratio / rows["num_classes"]}
    return rows.assign(**errors, **{name: values.astype(float) for name, values in ratios.items()}), notes


def series_along(rows: pd.DataFrame, axis: str) -> Iterator[Series]:
    """Yield the series along an axis that have enough points: the last epoch of each run, or all of them."""
    last = _thinned(rows) if axis == "epoch" else rows.sort_values("epoch").groupby("run_id").tail(1)
    same = [name for name in (*SCIENCE, *DIGESTS.values(), "width") if name != axis]
    groups = [group for _, group in last.groupby(same, dropna=False) if group[axis].nunique() >= FEWEST[axis]]
    whole = [group for group in map(_whole, groups, [axis] * len(groups)) if not group.empty]
    if not whole:
        return
    firsts = pd.concat([group.head(1) for group in whole])
    names = [name for name in ("arch", *_telling(firsts), "width") if name != axis and firsts[name].nunique() > 1]
    names = names or [name for name in ("arch", "train_size") if name != axis]
    for group in whole:
        yield Series(axis, label(names, group.iloc[0]).removeprefix("arch "), group)


def _thinned(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last epoch of each run in each interval of a factor sqrt 2, so that noise has few places to peak."""
    octave = np.ceil(2 * np.log2(rows["epoch"].astype(float)))
    return rows.assign(octave=octave).drop_duplicates(["run_id", "octave"], keep="last").drop(columns="octave")


def _telling(firsts: pd.DataFrame) -> list[str]:
    return [name for name in varying_options(firsts) if name not in {"arch", "depth"}]


def _whole(group: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows of seeds that have every point that any seed has."""
    counts = group.groupby("seed")[axis].nunique()
    return group[group["seed"].isin(counts.index[counts == group[axis].nunique()])]


def _points(found: list[Series]) -> pd.DataFrame:
    """Return means over seeds of all points, and where parameters equal training images times classes."""
    parts = []
    for series in found:
        means = mean_over_seeds(series.rows, [series.axis], [*ERRORS, *RATIOS]).rename(columns={series.axis: "place"})
        parts.append(means.assign(axis=series.axis, series=series.name, threshold=_threshold(series)))
    spreads = [f"{name}_std" for name in ERRORS]
    return pd.concat(parts)[["axis", "series", "place", *RATIOS, *ERRORS, *spreads, "seeds", "threshold"]]


def _threshold(series: Series) -> float:
    """Return the place on the axis where parameters over outputs is 1, between points on a log scale; else NaN."""
    means = series.rows.groupby(series.axis)["parameters_over_outputs"].mean().sort_values()
    places = np.log(means.index.to_numpy(float))
    return float(np.exp(np.interp(0, np.log(means.to_numpy(float)), places, np.nan, np.nan)))


def _peaks(found: list[Series]) -> MadeTable:
    frame = pd.DataFrame([_peak_row(series) for series in found])
    lines = [
        {"along": AXES[row["axis"]].lower(), "networks": row["series"]}
        | {name: text(row[name], ".6g") for name in ("first_minimum", "peak", "second_minimum")}
        | {name: text(row[name], ".2f") for name in RATIOS}
        | {name: str(Interval(row[name], row[f"{name}_low"], row[f"{name}_high"], row["seeds"])) for name in HEIGHTS}
        | {"seeds": text(row["seeds"]), "double_descent": row["double_descent"]}
        for row in records(frame)
    ]
    question = "Where does the test error peak, and does the peak stand above the noise over seeds on both sides?"
    layout = pd.DataFrame(lines).rename(columns=heading)
    return MadeTable("Peaks of the networks' test error", frame, layout, PEAKS, question)


def _peak_row(series: Series) -> dict[str, Any]:
    peak = series.peak
    at_peak = series.rows[series.rows[series.axis] == peak.peak].iloc[0]
    heights = {
        name: value
        for height in HEIGHTS
        for name, value in zip(
            (height, f"{height}_low", f"{height}_high"), astuple(getattr(peak, height)), strict=False
        )
    }
    return {
        "axis": series.axis,
        "series": series.name,
        "first_minimum": peak.first,
        "peak": peak.peak,
        "peak_low": peak.peak_low,
        "peak_high": peak.peak_high,
        "second_minimum": peak.second,
        **{name: at_peak[name] for name in RATIOS},
        **heights,
        "seeds": len(series.curves),
        "double_descent": str(peak.verdict),
    }


def _table(points: pd.DataFrame) -> MadeTable:
    lines = [
        {"along": AXES[row["axis"]].lower(), "networks": row["series"], "at": text(row["place"])}
        | {name: text(row[name], ".2f") for name in RATIOS}
        | {name: with_spread(row, name, 4) for name in ERRORS}
        | {"seeds": text(row["seeds"])}
        for row in records(points)
    ]
    layout = pd.DataFrame(lines).rename(columns=heading)
    return MadeTable("Errors of networks trained on noisy labels", points, layout, NAME, QUESTION)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return one panel per axis: test errors, and training errors hollow; dotted where parameters equal outputs."""
    from geomgen.report.figures import TRAINED_LOOK, panels, series_look

    axes = [axis for axis in AXES if axis in set(numbers["axis"])]
    figure, drawn = panels(len(axes), share=False, beside=False)
    for ax, axis in zip(drawn, axes, strict=True):
        for index, (name, line) in enumerate(numbers[numbers["axis"] == axis].groupby("series", sort=False)):
            if index == MAX_SERIES:
                break
            look = series_look(index) | {"linestyle": "-", "markevery": max(1, len(line) // MAX_MARKERS)}
            ax.plot(line["place"], line["train_error"], **look | TRAINED_LOOK | {"linewidth": 0.7})
            ax.errorbar(line["place"], line["test_error"], line["test_error_std"], label=name, **look)
            if np.isfinite(line["threshold"].iloc[0]):
                ax.axvline(line["threshold"].iloc[0], color=look["color"], linewidth=0.8, linestyle=":")
        ax.set_xscale("log")
        ax.set_xlabel(AXES[axis])
        ax.set_ylabel("Error (fraction); hollow: training")
        ax.legend(fontsize="x-small")
    return figure
