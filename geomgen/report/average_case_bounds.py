"""Report ``average-case-bounds``: bounds on the test error from the prior mass and from worst cases, and the error."""

import pandas as pd

from geomgen.errors import NoDataError
from geomgen.report.averages import averaged
from geomgen.report.collect import RunTables, varying_options
from geomgen.report.content import MadeReport
from geomgen.report.curves import Axis, Panel, curves, fitting, named, of_kind
from geomgen.report.layout import averaged_table
from geomgen.report.posterior_vs_prior import SUMMARY
from geomgen.report.quantities.bounds import with_bounds
from geomgen.report.report import Report

NAME = "average-case-bounds"
QUESTION = "How near to the true error are bounds from the prior mass, and from worst cases?"
TITLE = "Bounds on the error at all inputs of networks that fit"
ERRORS = {
    "growth_bound": "worst case: labellings",
    "uniform_bound": "uniform over functions",
    "marginal_likelihood_bound": "prior mass",
    "restricted_prior_bound": "prior mass, tighter",
    "true_error_bayes": "error, drawn given the fit",
    "true_error_sgd": "error, trained",
}
KEYS = ["num_inputs", "train_size"]
MASSES = ("log_prior_mass", "log_prior_mass_propagated")
SPECS = dict.fromkeys(MASSES, ".2f") | dict.fromkeys(ERRORS, ".4f")
SIZE = Axis("train_size", "Known values m", "doubling")
PANELS = (Panel("value", "Error at all inputs, or bound on it"),)


def make(tables: RunTables, _compare: str | None) -> MadeReport:
    """Return bounds and errors beside each other, and against the number of known values.

    Args:
        tables: Tables of the runs.

    Raises:
        NoDataError: If no run has ln P(S).
    """
    collected = tables.collect(SUMMARY.table, SUMMARY.remedy).latest
    rows = with_bounds(collected.frame)
    if rows.empty:
        raise NoDataError("No run of relu networks has ln P(S) by orthants.", f"{SUMMARY.remedy} --sampler orthant")
    specs = {name: spec for name, spec in SPECS.items() if rows[name].notna().any()}
    table = averaged_table(NAME, TITLE, QUESTION, rows, KEYS, specs)
    options = [name for name in varying_options(rows) if name not in KEYS]
    numbers, left_out = fitting(_curves(averaged(rows, KEYS, list(ERRORS)), options))
    notes = (*collected.notes, *_approximate(rows), *left_out)
    return MadeReport((table,), (curves(NAME, QUESTION, numbers, SIZE, PANELS),), notes)


def _approximate(rows: pd.DataFrame) -> list[str]:
    """Return notes on the bounds that are from expectation propagation, and on how far that is from tilting."""
    tilted, propagated = (rows[name] for name in MASSES)
    alone, off = int((tilted.isna() & propagated.notna()).sum()), (propagated - tilted).dropna()
    notes = []
    if alone:
        notes.append(
            f"ln P(S) is by expectation propagation alone in {_runs(alone)}, of unknown bias and too low for simple "
            "functions: their bounds from the prior mass are approximate, and certify nothing."
        )
    if len(off):
        notes.append(
            f"Where both can be used, in {_runs(len(off))}, expectation propagation gives {off.min():+.2f} to "
            f"{off.max():+.2f} nats more than tilting."
        )
    return notes


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"


def _curves(means: pd.DataFrame, options: list[str]) -> pd.DataFrame:
    """Return a series per bound or error and setting, of the settings with the most m."""
    means = named(means, options)
    sizes = means.groupby("series")["train_size"].transform("nunique")
    shown = means[sizes == sizes.max()]
    kinds = [
        of_kind(shown, words).assign(value=shown[name], value_std=shown[f"{name}_std"])
        for name, words in ERRORS.items()
    ]
    return pd.concat(kinds, ignore_index=True)


REPORT = Report(NAME, QUESTION, (SUMMARY,), make)
