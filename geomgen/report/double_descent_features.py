"""Part of report ``double-descent``: random Fourier features against the number of features."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from geomgen.config.regress import RffConfig
from geomgen.report.collect import Collected
from geomgen.report.content import MadeFigure, MadeReport, MadeTable, heading, records, text
from geomgen.report.error_peaks import double_descent
from geomgen.report.regression_rows import latest_rows
from geomgen.report.report import Source
from geomgen.report.seeds import mean_over_seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TABLE = "regress_rff"
SOURCE = Source(TABLE, "Make one with: geomgen regress rff", required=False)
NAME, PEAKS = "double-descent-features", "double-descent-features-peaks"
QUESTION = (
    "Does the test error peak where there are as many features as samples, and then fall below its first minimum?"
)
HEADINGS = {
    "train_error": "train_error",
    "test_error": "test_error",
    "test_misclassified": "test_wrong",
    "solution_norm": "norm",
    "degrees_of_freedom": "degrees of_freedom",
}
PANELS = {
    "test_error": "Test error (squared, sum over outputs)",
    "train_error": "Training error (squared, sum over outputs)",
    "solution_norm": "Norm of the solution",
    "test_misclassified": "Misclassified test images (fraction)",
}
SMALLEST_ERROR = 1e-6


def part(collected: Collected) -> MadeReport:
    """Return tables and figure of the runs of ``regress rff``."""
    rows = latest_rows(collected, RffConfig, ["samples", "features", "ridge"])
    keys = ["problem", "samples", "ridge", "features"]
    means = mean_over_seeds(rows, keys, list(HEADINGS))
    lines = [
        {key: text(row[key]) for key in keys}
        | {words: _spread(row, name) for name, words in HEADINGS.items()}
        | {"seeds": text(row["seeds"])}
        for row in records(means)
    ]
    table = MadeTable("Random Fourier features", means, _layout(lines), NAME, QUESTION)
    figure = MadeFigure(NAME, QUESTION, means[[*keys, *PANELS]], _plot)
    return MadeReport((table, _peaks(rows)), (figure,), tuple(collected.notes))


def _spread(row: dict[str, Any], name: str) -> str:
    """Return a mean over seeds and its spread; both span many orders of magnitude."""
    mean, spread = text(row[name], ".4g"), row[f"{name}_std"]
    return mean if pd.isna(spread) or not spread else f"{mean} ± {spread:.2g}"


def _layout(lines: list[dict[str, str]]) -> pd.DataFrame:
    layout = pd.DataFrame(lines)
    constant = [name for name in ("problem",) if not layout[name].any()]
    return layout.drop(columns=constant).rename(columns=heading)


def _peaks(rows: pd.DataFrame) -> MadeTable:
    """Return one row per seed: where its curve of test error peaks, and the minima on either side."""
    found = []
    keys = ["problem", "samples", "outputs", "ridge", "seed"]
    for _, curve in rows.groupby(keys, dropna=False):
        marks, about = double_descent(curve, "features", "test_error"), records(curve[keys])[0]
        found.append(
            about
            | {name: value for name, value in marks._asdict().items() if name not in {"before", "after"}}
            | {"peak_at_samples": marks.is_peak_at(about["samples"]), "second_below_first": marks.descends_further}
        )
    frame = pd.DataFrame(found)
    question = "At how many features does the test error peak, and how low is it on either side?"
    return MadeTable.plain(PEAKS, "Peaks and minima of the test error", question, frame)


def _plot(numbers: pd.DataFrame) -> "Figure":
    """Return errors and norm against the number of features, one style per curve, samples as vertical lines."""
    from geomgen.report.figures import panels, series_look

    shown = {name: words for name, words in PANELS.items() if numbers[name].notna().any()}
    figure, axes = panels(len(shown), share=False, beside=False)
    for ax, (name, words) in zip(axes, shown.items(), strict=True):
        for index, (_, curve) in enumerate(numbers.groupby(["problem", "samples", "ridge"], dropna=False)):
            problem, samples, ridge = (curve[key].iloc[0] for key in ("problem", "samples", "ridge"))
            label = ", ".join(filter(None, [problem, f"{samples} samples", f"ridge {ridge:g}" if ridge else ""]))
            look = series_look(index)
            values = curve[name].clip(lower=SMALLEST_ERROR) if name == "train_error" else curve[name]
            ax.plot(curve["features"], values, label=label, **look)
            ax.axvline(samples, color=look["color"], linewidth=0.8, linestyle=":")
        ax.set_xscale("log")
        ax.set_yscale("linear" if name == "test_misclassified" else "log")
        ax.set_xlabel("Features")
        ax.set_ylabel(words)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure
