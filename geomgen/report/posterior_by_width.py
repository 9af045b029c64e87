"""Part of report ``posterior-vs-prior``: divergences and errors by width, beside those of infinite width."""

import pandas as pd

from geomgen.report.by_units import UNITS, along_units
from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport
from geomgen.report.curves import Panel, curves, fitting, of_kind
from geomgen.report.layout import averaged_table
from geomgen.report.quantities.posterior import ERROR_DIFFERENCE, LIMIT, SUMMARY
from geomgen.report.report import Source

NAME, LIMIT_NAME = "posterior-by-width", "posterior-limit"
QUESTION = "Do training and prior come together in wide networks, and which of them makes networks generalise?"
LIMIT_QUESTION = "What do networks of infinite width find in training, and what given the known values?"
TITLE = "Training beside the posterior at infinite width"
WIDE, MEASURED = (Source(table, f"{ERROR_DIFFERENCE.remedy} --infinite-width") for table in (LIMIT, SUMMARY))
SPECS = {
    "log_prior_mass": ".2f",
    "error_sgd": ".4f",
    "error_bayes": ".4f",
    "divergence_errors": ".3f",
    "divergence_top": ".3f",
    "divergence_trained": ".3f",
}
COARSE = ["divergence_errors", "divergence_top"]
LIKENESS = ["log_slope", "rank_correlation"]
PANELS = (
    Panel("error", "Error at the other inputs"),
    Panel("divergence_errors", "KL(P_SGD || P_B), test errors (nats)", bottom=0),
    Panel("divergence_top", "KL(P_SGD || P_B), 10 functions (nats)", bottom=0),
    Panel("rank_correlation", "Rank correlation of P_SGD, P_B"),
)
COARSE_NOTE = (
    "Divergences are those of coarse classes of functions: of as many test errors, or the 10 most probable functions "
    "and all others together. They bound that of the functions from below; single functions are too rare to resolve it."
)


def by_width(tables: RunTables) -> MadeReport:
    """Return the table of infinite width, and the curves by width of runs that have it.

    Args:
        tables: Tables of the runs, at least one with ``posterior_limit``.
    """
    limits = tables.collect(WIDE.table, WIDE.remedy).latest
    measured = tables.collect(MEASURED.table, MEASURED.remedy).latest.frame
    measured = measured[measured["converged"].astype(bool) & measured["run_id"].isin(limits.frame["run_id"])]
    table = averaged_table(LIMIT_NAME, TITLE, LIMIT_QUESTION, limits.frame, ["process"], SPECS)
    numbers, left_out = fitting(pd.concat([_of_networks(measured), _of_limits(limits.frame)], ignore_index=True))
    figure = curves(NAME, QUESTION, numbers, UNITS, PANELS)
    return MadeReport((table,), (figure,), (*limits.notes, *left_out, COARSE_NOTE))


def _of_networks(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of trained networks, and of those drawn from the prior that fit."""
    means = along_units(rows, [], ["error_sgd", "error_bayes", *COARSE, *LIKENESS])
    drawn = means.drop(columns=[f"{name}{end}" for name in (*COARSE, *LIKENESS) for end in ("", "_std")])
    return pd.concat([_called(means, "trained", "error_sgd"), _called(drawn, "drawn, given the fit", "error_bayes")])


def _of_limits(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of processes of infinite width that are trained."""
    parts = []
    for process, of_process in rows.groupby("process", sort=False):
        means = along_units(of_process, [], ["error_sgd", *COARSE])
        parts.append(_called(means, f"fixed kernel, {str(process).replace('-', ' ')}", "error_sgd"))
    return pd.concat(parts)


def _called(means: pd.DataFrame, kind: str, error: str) -> pd.DataFrame:
    """Return curves of a kind, with one of the errors as theirs."""
    named = of_kind(means, kind).rename(columns={error: "error", f"{error}_std": "error_std"})
    kept = ["units", "error", *COARSE, *LIKENESS]
    return named[[name for name in (*kept, *(f"{name}_std" for name in kept), "series") if name in named]]
