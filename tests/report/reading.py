"""Reports of runs, and what they say of claims, in as few words as tests need."""

from collections.abc import Iterable
from typing import Any

from geomgen.report.collect import RunTables
from geomgen.report.content import MadeReport, records
from geomgen.report.reports import REPORTS
from geomgen.store.run import Run


def report(name: str, runs: Iterable[Run]) -> MadeReport:
    return REPORTS[name].build(RunTables(runs))


def claim(runs: Iterable[Run], claim_id: str) -> dict[str, Any]:
    """Return the row of a claim."""
    return next(row for row in records(report("claims", runs).main.frame) if row["id"] == claim_id)


def measured_claims(runs: Iterable[Run]) -> dict[str, dict[str, Any]]:
    """Return the row of each claim that was measured, by its id."""
    rows = records(report("claims", runs).main.frame)
    return {row["id"]: row for row in rows if row["verdict"] != "not yet measured"}


def verdicts(runs: Iterable[Run]) -> dict[str, str]:
    """Return the verdict on each claim that was measured, by its id."""
    return {claim_id: row["verdict"] for claim_id, row in measured_claims(runs).items()}
