"""Report ``posterior-vs-prior``: the functions that training finds, beside those of the posterior."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.averages import last_runs
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeFigure, MadeReport
from geomgen.report.layout import averaged_table
from geomgen.report.posterior_by_width import WIDE, by_width
from geomgen.report.report import Report, Source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME, ERRORS = "posterior-vs-prior", "posterior-test-errors"
QUESTION = "Does training find functions as often as networks drawn from the prior that fit are these functions?"
ERRORS_QUESTION = "Do trained networks err as often as networks drawn from the prior that fit?"
TITLE = "Training beside the posterior"
REMEDY = "Make one with: geomgen posterior"
SUMMARY, FUNCTIONS, BY_ERRORS = (
    Source(table, REMEDY) for table in ("posterior_summary", "function_posterior", "posterior_errors")
)
KEYS = ["num_inputs", "train_size"]
SPECS = {
    "num_unfitted": ".0f",
    "log_slope": ".2f",
    "rank_correlation": ".2f",
    "error_sgd": ".4f",
    "error_bayes": ".4f",
    "ks_p_value": ".3f",
    "hamming_p_value": ".3f",
    "divergence_errors": ".3f",
    "divergence_top": ".3f",
}
MAX_PANELS, MOST_POINTS = 4, 300


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return the report of all runs; figures show the last seed of each setting.

    Args:
        tables: Tables of the runs.
    """
    collected = tables.collect(SUMMARY.table, SUMMARY.remedy).latest
    frame, unmixed = _converged(collected.frame)
    table = averaged_table(NAME, TITLE, QUESTION, frame, KEYS, SPECS)
    shown, left = last_runs(frame, MAX_PANELS)
    listed, errors = (tables.collect(source.table, source.remedy).frame for source in (FUNCTIONS, BY_ERRORS))
    fitted = frame.set_index("run_id")["num_fitted"]
    functions = _of_runs(listed, shown).groupby("run_id", sort=False).head(MOST_POINTS)
    functions = functions.assign(
        observed=(functions["p_sgd"] * functions["run_id"].map(fitted)).round(),
        expected=functions["p_bayes"] * functions["run_id"].map(fitted),
    )
    kept = ["run_id", "series", "function", "observed", "expected", "test_error"]
    shares = ["run_id", "series", "errors", "share_sgd", "share_bayes"]
    wide = by_width(tables) if tables.has(WIDE.table) else MadeReport(())
    return MadeReport(
        (table, *wide.tables),
        (
            MadeFigure(NAME, QUESTION, functions[functions["expected"] > 0][kept], _plot_counts),
            MadeFigure(ERRORS, ERRORS_QUESTION, _of_runs(errors, shown)[shares], _plot_errors),
            *wide.figures,
        ),
        (*dict.fromkeys([*collected.notes, *unmixed, *left, *wide.notes]),),
    )


def _converged(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows whose samples may be of the posterior, and a note on the others.

    Raises:
        NoDataError: If there is none.
    """
    found = rows[rows["converged"].astype(bool)]
    if found.empty:
        raise NoDataError("The samples of the posterior have not converged in any run.", "Choose another --sampler.")
    count = len(rows) - len(found)
    return found, [f"{count} of {len(rows)} runs left out: samples of the posterior not converged."] * bool(count)


def _of_runs(frame: pd.DataFrame, shown: dict[str, str]) -> pd.DataFrame:
    frame = frame[frame["run_id"].isin(list(shown))]
    return frame.assign(series=frame["run_id"].map(shown))


def _plot_counts(numbers: pd.DataFrame) -> "Figure":
    """Return a panel per setting: observed against expected counts, with the 95 % band of Poisson's law."""
    from scipy.stats import poisson

    from geomgen.report.figures import OKABE_ITO, panels

    parts = list(numbers.groupby("series", sort=False))
    figure, axes = panels(len(parts), share=False, beside=False)
    for ax, (name, rows) in zip(axes, parts, strict=True):
        span = np.geomspace(rows["expected"].min() / 2, 2 * rows["expected"].max(), 100)
        low, high = (poisson.ppf(tail, span) for tail in (0.025, 0.975))
        ax.fill_between(span, low, high, color="0.85", label="95 % of counts if equal")
        ax.plot(span, span, color="0.5", linewidth=0.8)
        ax.plot(rows["expected"], rows["observed"], ".", color=OKABE_ITO[0], label="function")
        ax.set_xscale("log")
        ax.set_yscale("symlog", linthresh=1)
        ax.set_ylim(bottom=-0.3)
        ax.set_xlabel("Expected from the posterior")
        ax.set_ylabel("Networks trained to it")
        ax.set_title(str(name))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


def _plot_errors(numbers: pd.DataFrame) -> "Figure":
    """Return a panel per setting: how many networks make how many test errors, trained and drawn."""
    from geomgen.report.figures import OKABE_ITO, panels

    parts = list(numbers.groupby("series", sort=False))
    figure, axes = panels(len(parts), share=False, beside=False)
    for ax, (name, rows) in zip(axes, parts, strict=True):
        for place, (column, label) in enumerate((("share_sgd", "trained"), ("share_bayes", "drawn, given the fit"))):
            ax.step(rows["errors"], rows[column], where="mid", color=OKABE_ITO[place], label=label)
        ax.set_xlabel("Errors at inputs that were not known")
        ax.set_ylabel("Fraction of networks")
        ax.set_title(str(name))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    return figure


REPORT = Report(NAME, QUESTION, (SUMMARY, FUNCTIONS, BY_ERRORS, WIDE), make)
