"""The ledger: all claims of the five texts."""

from geomgen.report.claims import t1, t2, t3, t4, t5
from geomgen.report.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = (*t1.CLAIMS, *t2.CLAIMS, *t3.CLAIMS, *t4.CLAIMS, *t5.CLAIMS)
