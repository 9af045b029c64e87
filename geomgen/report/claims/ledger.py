"""The ledger: all claims, and the verdict on each that the runs allow."""

from geomgen.errors import NoDataError
from geomgen.report.claims import t1, t2, t3, t4, t5
from geomgen.report.claims.claim import Claim, Measured, Tables, Verdict

CLAIMS: tuple[Claim, ...] = (*t1.CLAIMS, *t2.CLAIMS, *t3.CLAIMS, *t4.CLAIMS, *t5.CLAIMS)


def judged(claim: Claim, tables: Tables) -> Measured:
    """Return what the runs say about a claim; not yet measured, and why, if they lack what it needs.

    Args:
        claim: The claim.
        tables: Collected rows by name of table.
    """
    missing = [name for name in claim.tables if name not in tables]
    if claim.judge is None:
        return Measured(Verdict.UNMEASURED, "Its measure is not implemented yet.")
    if missing:
        return Measured(Verdict.UNMEASURED, f"No complete run has a table {', '.join(missing)}.")
    try:
        return claim.judge(tables)
    except NoDataError as error:
        return Measured(Verdict.UNMEASURED, error.problem)
