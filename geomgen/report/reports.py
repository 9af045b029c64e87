"""All reports, by name."""

import difflib

import pandas as pd

from geomgen.errors import UsageError
from geomgen.report import (
    architectures,
    bias_variance,
    double_descent,
    emc,
    implicit_regularization,
    optimal_set,
    posterior_regression,
    regularisation,
    similarity,
    tangent_kernel,
    training,
    trajectory,
    unit_variance,
    width_logdet,
)
from geomgen.report.claims import report as claims
from geomgen.report.content import Printable
from geomgen.report.report import Report

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        claims.REPORT,
        width_logdet.REPORT,
        similarity.REPORT,
        architectures.REPORT,
        regularisation.REPORT,
        unit_variance.REPORT,
        tangent_kernel.REPORT,
        training.REPORT,
        trajectory.REPORT,
        posterior_regression.REPORT,
        bias_variance.REPORT,
        double_descent.REPORT,
        emc.REPORT,
        implicit_regularization.REPORT,
        optimal_set.REPORT,
    )
}


def find_report(name: str) -> Report:
    """Return the report of that name.

    Raises:
        UsageError: If there is none.
    """
    if name not in REPORTS:
        close = difflib.get_close_matches(name, REPORTS, n=1)
        hint = f"Did you mean '{close[0]}'?" if close else f"Known reports: {', '.join(REPORTS)}."
        raise UsageError(f"There is no report '{name}'.", hint)
    return REPORTS[name]


def listed_reports() -> Printable:
    """Return every report's name and the question that it answers."""
    frame = pd.DataFrame({"report": list(REPORTS), "question": [report.question for report in REPORTS.values()]})
    return Printable.of("Reports", frame)
